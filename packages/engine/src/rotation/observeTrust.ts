import { configMapKind, type KubeObject, kindEntry, MeshError, say, trustRootConfigMap } from "@isthmus/core";
import type { ClusterTrust, ProxyCertificate } from "@isthmus/core/rotation";
import { failureProblem, type KubeClient } from "@isthmus/kube";
import { caCertsSecret, fingerprintOf, inspectCertificate, splitPem } from "@isthmus/pki";
import { readSecretFacts, type SecretFacts, type SecretPlace } from "../ca/caSecret.ts";
import type { CertificateView } from "./certificateView.ts";
import { inParallel } from "./inParallel.ts";
import { type ProxyPod, proxyPods } from "./proxyPods.ts";
import { readTrustNotes, type TrustNotes } from "./trustNotes.ts";

export interface RotationCluster {
  readonly cluster: string;
  readonly client: KubeClient;
  readonly istioNamespace: string;
  readonly view: CertificateView;
}

export interface TrustObservation {
  readonly trust: ClusterTrust;
  readonly notes: TrustNotes;
  readonly secret: SecretFacts;
  /** The published roots as PEM, by fingerprint. */
  readonly pems: ReadonlyMap<string, string>;
  /** Whether all istiods take over other roots without a restart. */
  readonly isMultiRoot: boolean;
}

export interface ObserveTrustOptions {
  readonly now: () => number;
  /** See `RotationGoal`. */
  readonly mountDelay: number;
  /** Whether to look at proxies; true unless told. */
  readonly proxies?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** How many proxies are asked at once. */
const parallel = 16;

/**
 * Where a cluster stands in a rotation: metadata of Secret `cacerts`, the published roots, istiods and proxies. Throws
 * CACERTS_MISSING, CA_SIGNER_UNKNOWN, and where it cannot be read what `failureProblem` says.
 */
export async function observeTrust(at: RotationCluster, options: ObserveTrustOptions): Promise<TrustObservation> {
  try {
    return await observe(at, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    const problem = failureProblem(error, at.cluster);
    throw problem === undefined ? error : new MeshError(problem, { cause: error });
  }
}

export function placeOf({ cluster, client, istioNamespace }: RotationCluster): SecretPlace {
  return { cluster, client, namespace: istioNamespace, name: caCertsSecret };
}

async function observe(at: RotationCluster, options: ObserveTrustOptions): Promise<TrustObservation> {
  const { cluster, client, istioNamespace } = at;
  const { signal } = options;
  const call = signal === undefined ? {} : { signal };
  const podKind = kindEntry("", "Pod");
  if (podKind === undefined) throw new RangeError("the catalog has no Pod");
  const [secret, published, pods] = await Promise.all([
    readSecretFacts(placeOf(at), call),
    client.get(configMapKind, trustRootConfigMap, istioNamespace, call),
    client.list(podKind, call),
  ]);
  if (secret === undefined) throw noSecret(cluster, istioNamespace);
  const notes = readTrustNotes(secret.annotations);
  const bundle = splitPem(bundleOf(published));
  const pems = new Map(bundle.map((pem) => [fingerprintOf(pem), pem]));
  const roots = notes.trust?.trusts ?? [...pems.keys()];
  const signer = notes.trust?.root ?? onlyRoot(roots, cluster);
  const istiods = istiodPods(pods, istioNamespace);
  const inUse = await Promise.all(
    istiods.map(async ({ pod }) => ({ pod, uses: await at.view.istiod({ namespace: istioNamespace, pod }, options) })),
  );
  const [first = ""] = roots;
  const rootEnds = secondsOf(pems.get(first));
  const isPublished = roots.length === pems.size && roots.every((root) => pems.has(root));
  const isSettled = istiods.length <= 1 || options.now() >= publishedAt(published) + options.mountDelay;
  const lacksRoots = inUse.filter(({ uses }) => uses === undefined || uses.rootEnds !== rootEnds);
  const lacksSigner = inUse.filter(
    ({ uses }) => uses === undefined || (notes.notAfter !== undefined && uses.signerEnds !== secondsAt(notes.notAfter)),
  );
  const hasRoots = istiods.length > 0 && isPublished && isSettled && lacksRoots.length === 0;
  const hasSigner = istiods.length > 0 && lacksSigner.length === 0;
  const behind = [...new Set([...lacksRoots, ...lacksSigner].map(({ pod }) => pod))];
  const { rootsSince, signerSince } = notes;
  const proxies = await inParallel(options.proxies === false ? [] : proxyPods(pods), parallel, (pod) =>
    certificateOf(at, pod, Math.max(rootsSince ?? 0, signerSince ?? 0), options),
  );
  return {
    trust: {
      cluster,
      roots,
      signer,
      hasRoots,
      hasSigner,
      ...(rootsSince !== undefined && { rootsSince }),
      ...(signerSince !== undefined && { signerSince }),
      behind: behind.length > 0 ? behind : istiods.map(({ pod }) => pod),
      proxies: proxies.flatMap((each) => each ?? []),
    },
    notes,
    secret,
    pems,
    isMultiRoot: istiods.every(({ isMultiRoot }) => isMultiRoot),
  };
}

/** A certificate is as old as its proxy at most; only where that does not do is the proxy asked. */
async function certificateOf(
  { view }: RotationCluster,
  pod: ProxyPod,
  since: number,
  options: ObserveTrustOptions,
): Promise<ProxyCertificate | undefined> {
  const { namespace, pod: name, workload, startedAt, lifetime } = pod;
  // What does not run yet has no certificate, and will get one of now.
  if (startedAt === undefined) return undefined;
  const known = { namespace, pod: name, workload };
  if (startedAt >= since) return { ...known, issuedAfter: startedAt };
  const asked = options.now();
  const left = await view.timeLeft(pod, options);
  // A certificate that lives longer than was asked for was signed by something that has its own mind about lifetimes.
  if (left === undefined || left > lifetime + clockSlack) return { ...known, issuedAfter: startedAt };
  const issuedAfter = Math.max(startedAt, asked + left - lifetime - clockSlack);
  return { ...known, issuedAfter, renewsBefore: asked + left - lifetime * (1 - latestRenewal) };
}

/** Clocks of nodes differ a little. */
const clockSlack = 2000;
// istio pilot/cmd/pilot-agent/options/options.go: SECRET_GRACE_PERIOD_RATIO 0.5 and its jitter 0.01
const latestRenewal = 0.51;

interface IstiodPod {
  readonly pod: string;
  readonly isMultiRoot: boolean;
}

interface PodWithEnv extends KubeObject {
  readonly spec?: {
    readonly containers?: readonly { readonly env?: readonly { readonly name: string; readonly value?: string }[] }[];
  };
  readonly status?: { readonly phase?: string };
}

function istiodPods(pods: readonly KubeObject[], istioNamespace: string): readonly IstiodPod[] {
  return pods.flatMap((object) => {
    const { metadata, spec, status } = object as PodWithEnv;
    if (metadata.namespace !== istioNamespace || metadata.labels?.app !== "istiod") return [];
    if (status?.phase === "Succeeded" || status?.phase === "Failed") return [];
    const env = (spec?.containers ?? []).flatMap((container) => container.env ?? []);
    const isMultiRoot = env.some(({ name, value }) => name === "ISTIO_MULTIROOT_MESH" && value === "true");
    return [{ pod: metadata.name, isMultiRoot }];
  });
}

function bundleOf(published: KubeObject | undefined): string {
  const { data } = (published ?? {}) as { readonly data?: Readonly<Record<string, string>> };
  return data?.["root-cert.pem"] ?? "";
}

/** When istiod last wrote the published roots. */
function publishedAt(published: KubeObject | undefined): number {
  const { managedFields = [] } = (published?.metadata ?? {}) as {
    readonly managedFields?: readonly { readonly time?: string }[];
  };
  return Math.max(0, ...managedFields.map(({ time }) => Date.parse(time ?? "") || 0));
}

function onlyRoot(roots: readonly string[], cluster: string): string {
  const [root] = roots;
  if (root !== undefined && roots.length === 1) return root;
  throw new MeshError({
    code: "CA_SIGNER_UNKNOWN",
    at: { cluster },
    message: say`cluster ${{ cluster }} publishes ${{ roots: roots.length }} trust roots, and Secret cacerts does not say which one signs`,
    hint: "Annotate it with SHA-256 fingerprints in lower-case hex: kubectl -n istio-system annotate secret cacerts isthmus.io/certificate-root=… isthmus.io/certificate-trusts=…,…",
  });
}

function noSecret(cluster: string, istioNamespace: string): MeshError {
  return new MeshError({
    code: "CACERTS_MISSING",
    at: { cluster },
    message: say`cluster ${{ cluster }} has no Secret cacerts in ${{ istioNamespace }}: its istiod signs with a root of its own`,
    hint: "Give it an intermediate of the mesh's root first: isthmus ca apply, and restart istiod.",
  });
}

function secondsOf(pem: string | undefined): number | undefined {
  return pem === undefined ? undefined : secondsAt(inspectCertificate(pem).notAfter);
}

function secondsAt(time: string): number {
  return Date.parse(time) / 1000;
}
