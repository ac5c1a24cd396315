import type { Trace, WorkloadRequest } from "../trace/index.ts";

/** Why something could not be looked at. */
export interface Unseen {
  readonly unseen: string;
}

/** Why it does not answer. */
export interface Down {
  readonly down: string;
}

/** The request as the caller's own app container made it, with curl. */
export interface WireCall {
  /** curl's exit code; 0 where there was an answer. */
  readonly exitCode: number;
  /** HTTP; 0 where there was none. */
  readonly status: number;
  /** The answer's `server` header. */
  readonly server: string;
  /** Its beginning. */
  readonly body: string;
  readonly error: string;
  readonly seconds: number;
}

export interface CertificateInUse {
  readonly identity: string;
  /** ISO 8601. */
  readonly notBefore: string;
  readonly notAfter: string;
}

/** One endpoint of an upstream cluster, as Envoy's `/clusters` shows it. */
export interface Upstream {
  readonly cluster: string;
  readonly address: string;
  readonly port: number;
  readonly isHealthy: boolean;
  /** Connections that failed while the request was made. */
  readonly failures: number;
}

export interface Rejection {
  /** `listener` or `cluster`. */
  readonly type: string;
  readonly name: string;
  readonly reason: string;
}

/** What a proxy says about itself on its admin interface. */
export interface ProxyState {
  readonly certificates: readonly CertificateInUse[];
  readonly rejections: readonly Rejection[];
  readonly upstreams: readonly Upstream[];
}

export interface ProxyEvidence {
  readonly role: "client" | "gateway" | "server";
  readonly cluster: string;
  readonly namespace: string;
  readonly pod: string;
  readonly isReady: boolean;
  readonly state: ProxyState | Down | Unseen;
}

/** What istiod knows of a proxy that is connected to it. */
export interface ProxySync {
  /** `sleep-1.foo` */
  readonly proxy: string;
  /** Kinds of configuration that were sent and are not acknowledged: `Listener`, `Cluster`. */
  readonly unacknowledged: readonly string[];
}

export interface IstiodEvidence {
  readonly cluster: string;
  /** Absent, as `ready`, where nobody can tell what runs. */
  readonly pods?: number;
  readonly ready?: number;
  readonly proxies: readonly ProxySync[] | Down | Unseen;
}

/** A bare TCP and TLS hello to where the paper says that the request goes. */
export interface Knock {
  readonly address: string;
  readonly port: number;
  /** From the client's own network, past its sidecar, or from where we are. */
  readonly from: "client" | "here";
  /** `silent`: connected, and nothing more. */
  readonly result: "open" | "refused" | "timeout" | "silent" | "unknown";
  readonly detail: string;
}

/** All that is known about one request that may fail: on paper, on the wire, and of everyone on its way. */
export interface Evidence {
  readonly request: WorkloadRequest;
  readonly paper: Trace;
  readonly wire: WireCall | Unseen;
  readonly proxies: readonly ProxyEvidence[];
  readonly istiods: readonly IstiodEvidence[];
  readonly knocks: readonly Knock[];
  /** The paper's destinations: `10.0.0.1:32001`. */
  readonly destinations: readonly string[];
  /** ISO 8601: by this the certificates' times are judged. */
  readonly now: string;
}
