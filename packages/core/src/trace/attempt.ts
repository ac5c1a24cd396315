import type { Service, ServicePort } from "../kinds/core.ts";
import type { TokenClaims } from "./traceRequest.ts";
import type { TraceBranch, TraceHop } from "./traceResult.ts";
import type { TraceWorkload } from "./traceWorkload.ts";

/** TLS as a proxy opens it, around all that the client sent. `none`: what the client sent goes out as it is. */
export type Transport = { readonly mode: "none" } | ProxyTls;

export interface ProxyTls {
  readonly mode: "ISTIO_MUTUAL" | "MUTUAL" | "SIMPLE";
  /** Empty: the client hello has none. */
  readonly sni: string;
  /** As in the client hello, in its order; empty: the client hello has none. */
  readonly alpn: readonly string[];
  /** The SPIFFE ID in the certificate that is shown with ISTIO_MUTUAL: `spiffe://cluster.local/ns/foo/sa/sleep`. */
  readonly clientIdentity?: string;
  /** With ISTIO_MUTUAL and MUTUAL, where the client has a certificate that is not its mesh identity. */
  readonly clientCertificate?: string;
  /** The server must show one of these; empty: any name will do. */
  readonly acceptedSubjectAltNames: readonly string[];
  /** Whose roots the server's certificate must be signed by: the mesh's, the operating system's, a file's; or nobody looks. */
  readonly trusts: "mesh" | "system" | "file" | "nobody";
}

/** HTTP as it leaves the client's proxy (or the client), rewrites done. */
export interface HttpPayload {
  readonly kind: "http";
  /** On the wire to the upstream. `http1` and `http2` (also gRPC) without TLS look different to a sniffing listener. */
  readonly version: "http1" | "http2";
  /** What the client itself speaks, where a proxy has changed the version. */
  readonly clientVersion?: "http1" | "http2";
  readonly method: string;
  /** With the port where the client wrote one: `httpbin.bar:8000`. */
  readonly authority: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the token that `tokenPlaceholder` stands for, in whichever header or parameter it is. */
  readonly claims?: TokenClaims;
}

/** What the connection carries within `transport`. */
export type Payload =
  | HttpPayload
  /** The client's own TLS, which no proxy of the client's side opens. curl offers `h2` and `http/1.1`. */
  | {
      readonly kind: "tls";
      readonly sni: string;
      readonly alpn: readonly string[];
      /** Names in the client's own certificate; absent: it shows none. */
      readonly clientNames?: readonly string[];
      readonly inner: HttpPayload | { readonly kind: "tcp" };
    }
  /** Bytes that are neither HTTP nor TLS. */
  | { readonly kind: "tcp" };

/** The client's half of a way: a connection that is about to be opened. The server half takes it from here. */
export interface Attempt {
  readonly kind: "attempt";
  readonly probability: number;
  /** Attempts of equal `pick` are endpoints of one upstream cluster: an HTTP proxy retries a failed connection at another. */
  readonly pick: string;
  /** Whether the client's proxy retries when the connection fails: HTTP with a proxy, and no route that turns it off. */
  readonly retries: boolean;
  /** How the last proxy that handles the request treats it: a failed connection is a 503, a closed connection, or the client's own. */
  readonly proxied: "http" | "tcp" | "no";
  readonly caller: CallerFacts;
  readonly destination: Destination | Front;
  readonly transport: Transport;
  readonly payload: Payload;
  /** Of the client's half, all passed. */
  readonly hops: readonly TraceHop[];
}

/** What the server half may ask about the caller. */
export interface CallerFacts {
  /** Undefined: it is outside of all clusters. */
  readonly workload: TraceWorkload | undefined;
  /** SHA-256 fingerprints of the roots that the caller's proxy trusts; empty where unknown, or without a proxy. */
  readonly trustRoots: readonly string[];
}

/**
 * - `pod`: of the caller's own cluster, at the port that the connection is opened to (a pod of a directory has no address);
 * - `address`: any other address, also of a host name that only DNS can resolve (`isHostname`).
 */
export type Destination =
  | { readonly kind: "pod"; readonly workload: TraceWorkload; readonly port: number }
  | { readonly kind: "address"; readonly address: string; readonly port: number; readonly isHostname: boolean };

/** A Service as clients outside of the clusters come to it. */
export interface Front {
  readonly kind: "front";
  readonly cluster: string;
  readonly service: Service;
  readonly port: ServicePort;
  /** `load balancer 192.0.2.9`, for people. */
  readonly how: string;
}

/** What the client's half comes out as: connections to follow, and ways that end before one. */
export type ClientStep = Attempt | ({ readonly kind: "ended" } & TraceBranch);
