import type { AskedRight, KubeObject } from "../kinds/index.ts";
import type { Compiled, Intents, MeshCluster, ObservedCluster } from "../model/index.ts";
import type { Problem } from "../problem.ts";

/** What only `isthmus check` asks of an API server. */
export interface Inspection {
  /** `v1.37.2` */
  readonly version: string;
  /** The server's clock against ours, in milliseconds; absent where it tells no time. */
  readonly clock?: { readonly ahead: number; readonly uncertainty: number };
  readonly rights: readonly AnsweredRight[];
  /** Resources of the catalog's groups that are served: `gateways.networking.istio.io`. */
  readonly served: readonly string[];
  readonly deployments: Reading<readonly KubeObject[]>;
  readonly endpointSlices: Reading<readonly KubeObject[]>;
  readonly mutatingWebhooks: Reading<readonly KubeObject[]>;
  readonly serviceCidrs: Reading<readonly KubeObject[]>;
}

export interface AnsweredRight extends AskedRight {
  readonly allowed: boolean;
}

/** A certificate that a gateway showed. */
export interface ShownCertificate {
  readonly subject: string;
  /** `spiffe://cluster.local/ns/bar/sa/httpbin`, of a workload. */
  readonly identity?: string;
  readonly isAuthority: boolean;
  /** RFC 3339. */
  readonly notAfter: string;
}

/** How an address of a gateway answered from where we run. */
export interface GatewayProbe {
  /** `192.168.121.10:32001` */
  readonly address: string;
  readonly outcome:
    | { readonly kind: "no connection"; readonly message: string; readonly isRefused: boolean }
    | { readonly kind: "connected" }
    | { readonly kind: "no hello"; readonly sni: string; readonly message: string }
    /** `chain` begins with the leaf. */
    | { readonly kind: "hello"; readonly sni: string; readonly chain: readonly ShownCertificate[] };
}

export interface CheckedCluster {
  readonly declared: MeshCluster;
  readonly source: "live" | "directory";
  readonly observed: Reading<ObservedCluster>;
  /** Undefined for a directory. */
  readonly inspection: Reading<Inspection> | undefined;
  /** None where there is no address to try. */
  readonly probes: readonly GatewayProbe[];
}

/** A file with the key of a certificate authority. */
export interface KeyFile {
  readonly path: string;
  /** POSIX permission bits. */
  readonly mode: number;
}

/** All that the checks are functions of. */
export interface CheckInput {
  /** RFC 3339, in UTC. */
  readonly now: string;
  readonly intents: Intents;
  /** Sorted by name. */
  readonly clusters: readonly CheckedCluster[];
  readonly compiled: Compiled;
  /** Of compile and plan. */
  readonly problems: readonly Problem[];
  readonly keyFiles: readonly KeyFile[];
}

/** Something that was read, or why it could not be. */
export type Reading<T> = { readonly value: T } | { readonly problem: Problem };
