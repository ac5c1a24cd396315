import type { KubeObject } from "../kinds/kubeObject.ts";
import type { Problem } from "../problem.ts";

/** A name under which a consuming cluster can call a shared service, and what it leads to: what `verify` proves. */
export interface DeclaredPath {
  readonly owner: string;
  readonly host: string;
  readonly port: number;
  readonly portName: string;
  /** Istio's name: HTTP, HTTP2, GRPC, HTTPS, TLS, TCP …; absent where Istio finds it out by sniffing. */
  readonly protocol?: string;
  /** `namespace` is "*" where every namespace of the cluster may call. */
  readonly consumer: { readonly cluster: string; readonly namespace: string };
  readonly server: {
    readonly cluster: string;
    readonly namespace: string;
    readonly service: string;
    /** Labels of the version that the name leads to; absent: all pods of the Service. */
    readonly labels?: Readonly<Record<string, string>>;
  };
  /** What the caller's sidecar puts into its TLS hello, by which the serving cluster's gateway finds the service. */
  readonly sni: string;
  /** SPIFFE IDs that the server may show. */
  readonly identities: readonly string[];
}

/** What every cluster should hold. */
export interface Compiled {
  /** Objects with our ownership labels, sorted by key, for every declared cluster. */
  readonly desired: ReadonlyMap<string, readonly KubeObject[]>;
  readonly paths: readonly DeclaredPath[];
  /**
   * Owners whose desired objects are not fully known now (a cluster cannot be read, a declaration has a problem):
   * what they have stays as it is. `reason` is for people.
   */
  readonly held: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}
