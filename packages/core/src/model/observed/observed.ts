import type { KubeObject } from "../../kinds/index.ts";
import type { Problem } from "../../problem.ts";
import type { UnreadableObject } from "../../shape/index.ts";
import type { MeshConfig } from "./meshConfig.ts";

/** A root certificate that a cluster's workloads trust, from ConfigMap `istio-ca-root-cert`. No key material. */
export interface TrustRoot {
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
  readonly subject: string;
  /** RFC 3339. */
  readonly notAfter: string;
  /** The certificate, PEM. */
  readonly pem?: string;
}

/** What one cluster holds, as it was read. */
export interface ObservedCluster {
  readonly name: string;
  /** Whether the objects come from an API server or from manifests, where nothing is defaulted and no Pods exist. */
  readonly source: "live" | "directory";
  /**
   * All objects of the kinds of `catalog`, and PodControllers where the source is a directory. Secrets never. Those of a
   * live cluster with our entry of managedFields: it tells `plan` which fields we own.
   */
  readonly objects: readonly KubeObject[];
  /** What is there beside them, and nobody can say what it does; of a dump also the kinds that it does not show. */
  readonly unreadable?: readonly UnreadableObject[];
  /** Somebody named manifests or a dump in place of the cluster, and what they do not hold is taken not to exist. */
  readonly isTakenAsWhole?: true;
  /** The API server's, `v1.37.2`; absent for a directory. */
  readonly version?: string;
  readonly istiodVersions: readonly string[];
  readonly trustRoots: readonly TrustRoot[];
  /** From ConfigMap `istio`; absent where it cannot be read, and Istio's defaults are a guess. */
  readonly meshConfig?: MeshConfig;
  /** Of a directory: namespaces that no manifest shows, and that are there since something else is in them. */
  readonly impliedNamespaces?: ReadonlySet<string>;
  /** Why kinds with `read: "ifServed"` were not read, by `group/Kind`. A directory has none: nobody knows what it serves. */
  readonly unread?: ReadonlyMap<string, UnreadKind>;
}

/** The API server has no such kind, or keeps it from us. */
export type UnreadKind = "not served" | "forbidden";

/** The declared clusters that could be read, and for each other one why not. */
export interface Observed {
  readonly clusters: ReadonlyMap<string, ObservedCluster>;
  readonly unreachable: ReadonlyMap<string, Problem>;
}
