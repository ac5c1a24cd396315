import { type MeshCluster, MeshError, ownerLabel, say, thingPlace } from "@isthmus/core";
import {
  ageOf,
  type CaCerts,
  caCertsOf,
  caCertsSecret,
  fingerprintOf,
  inspectBundle,
  inspectCertificate,
  issueIntermediate,
  joinBundles,
  loadAuthority,
  splitPem,
  verifyChain,
} from "@isthmus/pki";
import { notOurs, readSecretFacts, type SecretFacts, type SecretPlace, writeSecret } from "./caSecret.ts";
import { type CertificateNote, noteAnnotations, noteOf, readNote, readTrustNote } from "./certificateNote.ts";
import type { Ca } from "./openCa.ts";
import { readTextFile } from "./pemFiles.ts";
import { publishedRoots } from "./publishedRoots.ts";

export interface WriteChoice {
  /** Take over a Secret that is not ours. */
  readonly adopt: boolean;
  /** Even where the cluster's workloads trust another root now, and none of the new bundle. */
  readonly replaceRoot: boolean;
}

export interface IssueChoice extends WriteChoice {
  /** Also where the certificate is good for long. */
  readonly force: boolean;
}

/** What became of a certificate in a Secret. */
export interface SecretOutcome {
  readonly cluster: string;
  /** `istio-system/cacerts` */
  readonly secret: string;
  readonly action: "kept" | "created" | "renewed" | "adopted";
  readonly note: CertificateNote;
  /** istiod runs with another root, or none of ours: it has to be restarted to take this up. */
  readonly restart: boolean;
}

interface ClusterCa {
  readonly place: SecretPlace;
  readonly seen: SecretFacts | undefined;
  /** PEM. */
  readonly published: string;
}

/**
 * Gives a cluster an intermediate in its Secret `cacerts`, or a new one where two thirds of the life of the present one are
 * over, it leads to another root, or `force` is set; else does nothing. Roots that the cluster trusts now it goes on to trust:
 * only a rotation takes one away. Throws OBJECT_NOT_OURS, CA_ROOT_CHANGES, SIGNER_FAILED, and what the cluster answers.
 */
export async function issueForCluster(ca: Ca, cluster: MeshCluster, choice: IssueChoice): Promise<SecretOutcome> {
  const state = await readState(ca, cluster);
  const { seen } = state;
  if (seen !== undefined && !seen.isOurs && !choice.adopt) throw notOurs(state.place);
  const note = seen?.isOurs === true ? readNote(seen.annotations) : undefined;
  if (note !== undefined && !choice.force && (await isGood(ca, note))) {
    return outcome(state, "kept", note);
  }
  const files = await makeCaCerts(ca, cluster, choice.replaceRoot ? "" : state.published);
  return write(ca, state, files, choice);
}

/** The files of a new intermediate, for a cluster that is not asked: to be brought there by hand. */
export async function makeCaCerts(ca: Ca, cluster: MeshCluster, trust = ""): Promise<CaCerts> {
  const { mesh } = ca.intents;
  const { trustDomain, istioNamespace, clusterDomain } = mesh.spec;
  const { intermediate } = mesh.spec.ca;
  const roots = await declaredRoots(ca);
  const issued = await issueIntermediate(await ca.signer("mesh"), {
    cluster: cluster.metadata.name,
    trustDomain,
    istioNamespace,
    now: ca.now(),
    days: intermediate.days,
    keyKind: intermediate.key,
    roots,
    ...(intermediate.nameConstraints && { limitToClusterDomain: clusterDomain }),
    ...(ca.signal && { signal: ca.signal }),
  });
  const isTrusted = splitPem(trust).some((pem) => fingerprintOf(pem) === fingerprintOf(issued.root));
  return caCertsOf(issued, joinBundles(roots, isTrusted ? trust : ""));
}

/**
 * Writes files that were made elsewhere into a cluster's Secret `cacerts`. They are checked as istiod does, which does not
 * start otherwise: key and certificate belong together, the chain leads to a root of the bundle, nothing has ended. Throws
 * CERTIFICATE_INVALID, and what `issueForCluster` throws.
 */
export async function applyCaCerts(
  ca: Ca,
  cluster: MeshCluster,
  files: CaCerts,
  choice: WriteChoice,
): Promise<SecretOutcome> {
  await checkCaCerts(files, ca.now(), cluster.metadata.name);
  return write(ca, await readState(ca, cluster), files, choice);
}

/** Throws CERTIFICATE_INVALID where istiod would not take the files. */
export async function checkCaCerts(files: CaCerts, now: Date, at: string): Promise<void> {
  const chain = inspectBundle(files["ca-cert.pem"] + files["cert-chain.pem"], at);
  await loadAuthority(files["ca-cert.pem"], files["ca-key.pem"], at);
  const { faults } = verifyChain({ chain, roots: inspectBundle(files["root-cert.pem"], at), at: now });
  if (faults[0] === undefined) return;
  throw new MeshError({
    code: "CERTIFICATE_INVALID",
    at: thingPlace(at),
    message: say`${{ reason: faults[0].message }}`,
    hint: "istiod would not start with it.",
  });
}

async function isGood(ca: Ca, note: CertificateNote): Promise<boolean> {
  if (ageOf(note, ca.now()) !== "fresh") return false;
  const root = await ca.knownRoot("mesh");
  return root === undefined || fingerprintOf(root) === note.root;
}

async function readState(ca: Ca, cluster: MeshCluster): Promise<ClusterCa> {
  const { istioNamespace: namespace } = ca.intents.mesh.spec;
  const { name } = cluster.metadata;
  const client = await ca.client(cluster);
  const place = { cluster: name, client, namespace, name: caCertsSecret };
  const call = ca.signal === undefined ? {} : { signal: ca.signal };
  const [seen, published] = await Promise.all([
    readSecretFacts(place, call),
    publishedRoots(client, { cluster: name, namespace, ...call }),
  ]);
  return { place, seen, published };
}

async function write(
  ca: Ca,
  state: ClusterCa,
  files: CaCerts,
  { adopt, replaceRoot }: WriteChoice,
): Promise<SecretOutcome> {
  const { place, seen } = state;
  const facts = inspectCertificate(files["ca-cert.pem"]);
  const trusts = splitPem(files["root-cert.pem"]).map(fingerprintOf);
  const { path } = verifyChain({
    chain: inspectBundle(files["ca-cert.pem"] + files["cert-chain.pem"]),
    roots: inspectBundle(files["root-cert.pem"]),
    at: ca.now(),
  });
  const note = noteOf(facts, path.at(-1)?.fingerprint ?? "", trusts);
  if (!replaceRoot && !leavesTrust(note, state)) {
    throw rootChanges(place.cluster, state.published, files["root-cert.pem"]);
  }
  await writeSecret(
    place,
    {
      labels: { [ownerLabel]: `Mesh.${ca.intents.mesh.metadata.name}` },
      annotations: noteAnnotations(note),
      data: { ...files },
    },
    { seen, adopt, ...(ca.signal && { signal: ca.signal }) },
  );
  return outcome(state, seen === undefined ? "created" : seen.isOurs ? "renewed" : "adopted", note);
}

/**
 * Whether workloads go on to trust each other: the root that signs stays, and none is dropped. That a new root is published
 * already does not do, since a proxy trusts what was published when its certificate was issued (docs/decisions/0009-ca-rollover.md).
 */
function leavesTrust(note: CertificateNote, { seen, published }: ClusterCa): boolean {
  const roots = splitPem(published).map(fingerprintOf);
  if (roots.length === 0) return true;
  const signing = readTrustNote(seen?.annotations ?? {})?.root ?? (roots.length === 1 ? roots[0] : undefined);
  // Of a Secret that others wrote, or of none, nobody can say which of several roots signs.
  if (signing === undefined) return roots.some((root) => note.trusts.includes(root));
  return note.root === signing && roots.every((root) => note.trusts.includes(root));
}

function outcome(
  { place, published }: ClusterCa,
  action: SecretOutcome["action"],
  note: CertificateNote,
): SecretOutcome {
  // istiod watches its files only if it began with a complete set of them, and then it publishes their roots.
  const isInUse = splitPem(published).map(fingerprintOf).includes(note.root);
  return { cluster: place.cluster, secret: `${place.namespace}/${place.name}`, action, note, restart: !isInUse };
}

/** The roots of `spec.ca.roots`, empty where none are named. Throws FILE_UNREADABLE, CERTIFICATE_INVALID. */
export async function declaredRoots(ca: Ca): Promise<string> {
  const { roots } = ca.intents.mesh.spec.ca;
  if (roots === undefined) return "";
  const file = ca.meshPath(roots);
  const text = await readTextFile(file);
  inspectBundle(text, file.name);
  return text;
}

function rootChanges(cluster: string, now: string, then: string): MeshError {
  const shown = (pem: string) =>
    inspectBundle(pem)
      .map(({ subject }) => subject)
      .join("; ");
  return new MeshError({
    code: "CA_ROOT_CHANGES",
    at: { cluster },
    message: say`workloads of ${{ cluster }} trust ${{ trusted: shown(now) }}, and would refuse those that get a certificate of ${{ offered: shown(then) }}`,
    hint: "`isthmus ca rotate root` changes roots without an outage. Where nothing runs yet: --replace-root, then restart istiod and all workloads.",
  });
}
