import type { KubeObject } from "../kinds/index.ts";
import type { Problem } from "../problem.ts";

/** What every declared path has. */
interface CalledName {
  readonly owner: string;
  readonly host: string;
  readonly port: number;
  readonly portName: string;
  /** Istio's name: HTTP, HTTP2, GRPC, HTTPS, TLS, TCP …; absent where Istio finds it out by sniffing. */
  readonly protocol?: string;
}

/** Who may call. `namespace` is "*" where every namespace of the cluster may. */
export interface PathConsumer {
  readonly cluster: string;
  readonly namespace: string;
}

/** Between clusters: a name under which a consuming cluster can call a shared service, and what it leads to. */
export interface AcrossPath extends CalledName {
  readonly direction: "across";
  readonly consumer: PathConsumer;
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

/** Out of the mesh: a name of an ExternalService, which may begin with `*.`. */
export interface ExternalServicePath extends CalledName {
  readonly direction: "out";
  readonly consumer: PathConsumer;
  /** The cluster through whose gateway the call leaves. */
  readonly via?: string;
}

/** Into the mesh: a name of an ExternalAccess that clients outside call, at a port of the gateway's Service. */
export interface ExternalAccessPath extends CalledName {
  readonly direction: "in";
  readonly server: { readonly cluster: string; readonly namespace: string; readonly service: string };
  /** Clients are sent to HTTPS from here. */
  readonly isRedirect: boolean;
}

/** A call that the declarations make possible: what `verify` proves. */
export type DeclaredPath = AcrossPath | ExternalServicePath | ExternalAccessPath;

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
  /** Cluster -> keys of objects there that carry our label and are not shown to be ours: nobody deletes them. Absent: none. */
  readonly unproven?: ReadonlyMap<string, ReadonlySet<string>>;
  readonly problems: readonly Problem[];
}
