import { MeshError, say, usage } from "@isthmus/core";
import {
  authoritySigner,
  decryptKeyFile,
  fingerprintOf,
  type Intermediate,
  inspectBundle,
  issueIntermediate,
  keyFileCertificates,
  type Signer,
  splitPem,
} from "@isthmus/pki";
import { declaredRoots } from "../ca/clusterCaCerts.ts";
import { type NamedFile, readKeyFile } from "../ca/keyFiles.ts";
import type { Ca } from "../ca/openCa.ts";
import { readTextFile } from "../ca/pemFiles.ts";
import { metricsView } from "./certificateView.ts";
import type { RotationCluster, TrustObservation } from "./observeTrust.ts";

/** Where a rotation leads, and what signs there. */
export interface RotationTarget {
  /** PEM. */
  readonly root: string;
  /** `CN=mesh root CA, O=cluster.local` */
  readonly subject: string;
  readonly signer: () => Promise<Signer>;
}

/** The declared clusters, all of them: a cluster that is a directory throws USAGE, since nobody sees its proxies. */
export async function rotationClusters(ca: Ca): Promise<readonly RotationCluster[]> {
  const { istioNamespace } = ca.intents.mesh.spec;
  return Promise.all(
    ca.intents.clusters.map(async (cluster): Promise<RotationCluster> => {
      const client = await ca.client(cluster);
      return { cluster: cluster.metadata.name, client, istioNamespace, view: metricsView(client) };
    }),
  );
}

/** Roots that `spec.ca.roots` wants trusted beside the signer's, as fingerprints. */
export async function rootsToKeep(ca: Ca): Promise<readonly string[]> {
  return splitPem(await declaredRoots(ca)).map(fingerprintOf);
}

/** The root of the signer that the Mesh declares; `rootFile` has its certificate where only the signer knows it. Throws USAGE. */
export async function declaredTarget(ca: Ca, rootFile?: NamedFile): Promise<RotationTarget> {
  const known = rootFile === undefined ? await ca.knownRoot("mesh") : await readRoot(rootFile);
  if (known === undefined) {
    const at = { kind: "Mesh", field: "spec.ca.signer" };
    const message = say`which root the signer works under, only the signer knows`;
    throw usage(message, "Give the root's certificate: --root FILE", { at });
  }
  return { root: known, subject: subjectOf(known), signer: () => ca.signer("mesh") };
}

/** The root of a key file, whose passphrase is asked for when something is to be signed. */
export async function keyFileTarget(
  file: NamedFile,
  { passphrase, now }: { readonly passphrase: (file: string) => Promise<string>; readonly now: () => Date },
): Promise<RotationTarget> {
  const text = await readKeyFile(file);
  const root = splitPem(keyFileCertificates(text, file.name)).at(-1) ?? "";
  const open = async () => decryptKeyFile(text, await passphrase(file.name), file.name);
  const signer = async () => authoritySigner(await open(), { description: `key file ${file.name}`, now });
  return { root, subject: subjectOf(root), signer };
}

/**
 * The way back: the root that clusters have beside the declared one. Without its signer that is possible as long as no cluster
 * signs with another root. Throws USAGE where there is no such root, or several.
 */
export function abortTarget(
  seen: readonly TrustObservation[],
  { declared, keep }: { readonly declared: RotationTarget; readonly keep: readonly string[] },
): RotationTarget {
  const away = [fingerprintOf(declared.root), ...keep];
  const pems = new Map(seen.flatMap((each) => [...each.pems]));
  const roots = new Set(
    seen.flatMap(({ trust }) => [...trust.roots, trust.signer]).filter((root) => !away.includes(root)),
  );
  const [old] = roots;
  const root = pems.get(old ?? "");
  if (root === undefined || roots.size !== 1) {
    if (roots.size <= 1) throw usage(say`there is nothing to go back to: clusters trust no other root`, "");
    const hint = "Name the key file of the root to go back to: --signer FILE";
    throw usage(say`clusters trust several other roots`, hint);
  }
  const signer = async () => {
    throw new MeshError({
      code: "CA_SIGNER_MISMATCH",
      at: {},
      message: say`clusters sign with another root already: going back to ${{ root: subjectOf(root) }} takes its key`,
      hint: "Name its key file: --signer FILE; or name its signer in spec.ca of the Mesh again, and rotate without --abort.",
    });
  };
  return { root, subject: subjectOf(root), signer };
}

/** What `rotateRoot` and `renewIntermediates` issue with; a signer is opened once, when it is needed. */
export function issueWith(ca: Ca, target: Pick<RotationTarget, "signer">): (cluster: string) => Promise<Intermediate> {
  let opened: Promise<Signer> | undefined;
  return async (cluster) => {
    const { trustDomain, istioNamespace, clusterDomain } = ca.intents.mesh.spec;
    const { intermediate } = ca.intents.mesh.spec.ca;
    opened ??= target.signer();
    return issueIntermediate(await opened, {
      cluster,
      trustDomain,
      istioNamespace,
      now: ca.now(),
      days: intermediate.days,
      keyKind: intermediate.key,
      roots: await declaredRoots(ca),
      ...(intermediate.nameConstraints && { limitToClusterDomain: clusterDomain }),
      ...(ca.signal && { signal: ca.signal }),
    });
  };
}

async function readRoot(file: NamedFile): Promise<string> {
  return inspectBundle(await readTextFile(file), file.name)[0]?.pem ?? "";
}

function subjectOf(pem: string): string {
  return inspectBundle(pem)[0]?.subject ?? "";
}
