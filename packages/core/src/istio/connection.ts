import type { TokenClaims } from "./policy/tokenClaims.ts";

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
