import {
  issuedCredentialName,
  type MeshCluster,
  makeProblem,
  type Place,
  type Problem,
  type Sentence,
  say,
  selectClusters,
} from "@isthmus/core";
import { ageOf, caCertsSecret, inspectBundle, renewalTime } from "@isthmus/pki";
import { readSecretFacts, type SecretPlace } from "./caSecret.ts";
import { type CertificateNote, readNote } from "./certificateNote.ts";
import type { Ca } from "./openCa.ts";
import { publishedRoots } from "./publishedRoots.ts";

export interface RootStatus {
  readonly fingerprint: string;
  readonly subject: string;
  /** RFC 3339. */
  readonly notAfter: string;
}

export interface CertificateStatus {
  /** `istio-system/cacerts` */
  readonly secret: string;
  /** Whose: `none` where there is no such Secret, `foreign` where it is not ours: nothing is known of it. */
  readonly state: "none" | "foreign" | "fresh" | "due" | "expired";
  readonly notAfter?: string;
  /** When it is to be renewed. */
  readonly renewAt?: string;
  readonly fingerprint?: string;
  readonly root?: string;
  /** What it is for: `intermediate`, or the ExternalAccess. */
  readonly of: string;
}

export interface ClusterCaStatus {
  readonly cluster: string;
  /** That workloads trust, as istiod publishes them. */
  readonly trusts: readonly RootStatus[];
  readonly certificates: readonly CertificateStatus[];
  readonly problems: readonly Problem[];
}

/** What a cluster's workloads trust and how old its certificates are. Reads no Secret's data. Throws what the cluster answers. */
export async function caStatus(ca: Ca, cluster: MeshCluster): Promise<ClusterCaStatus> {
  const { istioNamespace } = ca.intents.mesh.spec;
  const { name } = cluster.metadata;
  const client = await ca.client(cluster);
  const call = ca.signal === undefined ? {} : { signal: ca.signal };
  const place = (namespace: string, secret: string): SecretPlace => ({
    cluster: name,
    client,
    namespace,
    name: secret,
  });
  const [published, intermediate, ...external] = await Promise.all([
    publishedRoots(client, { cluster: name, namespace: istioNamespace, ...call }),
    certificateStatus(place(istioNamespace, caCertsSecret), "intermediate", ca),
    ...accessesOf(ca, cluster).map((access) =>
      certificateStatus(
        place(cluster.spec.ingressGateway.namespace, issuedCredentialName(access)),
        `ExternalAccess ${access.metadata.namespace}/${access.metadata.name}`,
        ca,
      ),
    ),
  ]);
  const trusts = published === "" ? [] : inspectBundle(published, name);
  const now = ca.now();
  const certificates = [intermediate, ...external];
  return {
    cluster: name,
    trusts: trusts.map(({ fingerprint, subject, notAfter }) => ({ fingerprint, subject, notAfter })),
    certificates,
    problems: [
      ...trusts.flatMap((root) =>
        ageProblem(
          { cluster: name, thing: `root ${root.subject}` },
          ageOf(root, now),
          root.notAfter,
          "isthmus ca rotate root",
        ),
      ),
      ...certificates.flatMap((each) => certificateProblems(name, each)),
      ...restartProblem(
        name,
        intermediate,
        trusts.map(({ fingerprint }) => fingerprint),
      ),
    ],
  };
}

/** Whose ExternalAccess certificates are issued into a cluster. */
export function accessesOf({ intents }: Ca, cluster: MeshCluster) {
  return intents.externalAccesses.filter(
    ({ spec }) =>
      spec.tls.credential?.issue !== undefined && selectClusters(spec.clusters, intents.clusters).includes(cluster),
  );
}

async function certificateStatus(place: SecretPlace, of: string, ca: Ca): Promise<CertificateStatus> {
  const secret = `${place.namespace}/${place.name}`;
  const seen = await readSecretFacts(place, ca.signal === undefined ? {} : { signal: ca.signal });
  if (seen === undefined) return { secret, of, state: "none" };
  const note = seen.isOurs ? readNote(seen.annotations) : undefined;
  if (note === undefined) return { secret, of, state: "foreign" };
  return { secret, of, ...noteStatus(note, ca.now()) };
}

function noteStatus(note: CertificateNote, now: Date) {
  const { fingerprint, root, notAfter } = note;
  return { state: ageOf(note, now), notAfter, renewAt: renewalTime(note).toISOString(), fingerprint, root } as const;
}

function certificateProblems(cluster: string, { of, secret, state, notAfter }: CertificateStatus): readonly Problem[] {
  const command = of === "intermediate" ? `isthmus ca issue ${cluster}` : `isthmus ca issue --external ${cluster}`;
  const at = secretPlace(cluster, secret);
  if (state === "none" && of !== "intermediate") {
    const message = say`the certificate of ${{ of }} has not been issued: the gateway refuses its clients`;
    return [makeProblem({ code: "CERTIFICATE_EXPIRED", at, message, hint: command })];
  }
  return state === "due" || state === "expired" ? ageProblem(at, state, notAfter ?? "", command) : [];
}

function ageProblem(at: Place, age: "fresh" | "due" | "expired", notAfter: string, hint: string): readonly Problem[] {
  if (age === "fresh") return [];
  return age === "expired"
    ? [makeProblem({ code: "CERTIFICATE_EXPIRED", at, message: say`the certificate ended ${{ notAfter }}`, hint })]
    : [
        makeProblem({
          code: "CERTIFICATE_EXPIRING",
          at,
          message: say`two thirds of its life are over; it ends ${{ notAfter }}`,
          hint,
        }),
      ];
}

function restartProblem(
  cluster: string,
  { root, secret }: CertificateStatus,
  trusts: readonly string[],
): readonly Problem[] {
  if (root === undefined || trusts.includes(root)) return [];
  return [
    istiodRestart(
      secretPlace(cluster, secret),
      say`istiod does not use the certificate of the Secret yet: workloads do not trust its root`,
    ),
  ];
}

/** What is to be done where istiod has not taken up the certificate at a place. */
export function istiodRestart(at: Place, message: Sentence): Problem {
  const hint = `kubectl rollout restart deployment/istiod -n ${at.namespace}, then the workloads`;
  return makeProblem({ code: "ISTIOD_RESTART_NEEDED", at, message, hint });
}

/** What one cluster alone cannot tell: clusters of one mesh must have a root in common. */
export function differingRoots(statuses: readonly ClusterCaStatus[]): readonly Problem[] {
  const known = statuses.filter(({ trusts }) => trusts.length > 0);
  const [first] = known;
  if (first === undefined) return [];
  const isShared = first.trusts.some(({ fingerprint }) =>
    known.every(({ trusts }) => trusts.some((root) => root.fingerprint === fingerprint)),
  );
  if (isShared) return [];
  return [
    makeProblem({
      code: "TRUST_ROOTS_DIFFER",
      at: { thing: known.map(({ cluster }) => cluster).join(", ") },
      message: say`no root is trusted by all clusters: workloads of one refuse those of another`,
      hint: "isthmus ca issue --all gives each an intermediate of one root.",
    }),
  ];
}

/** Of a Secret as `namespace/name`. */
export function secretPlace(cluster: string, secret: string): Place {
  const [namespace = "", name = ""] = secret.split("/");
  return { cluster, kind: "Secret", namespace, name };
}
