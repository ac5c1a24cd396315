/** Who calls: a pod's name, or what names its pods: a Deployment, or the label `app`; `*` is any workload of the namespace. */
export interface TraceCaller {
  readonly cluster: string;
  readonly namespace: string;
  readonly workload: string;
  /** With `*` only: one that runs as this account. */
  readonly serviceAccount?: string;
}

/** `tcp` is a bare connection that the client opens; `grpc` is HTTP/2 without TLS; with `https` the client itself speaks TLS. */
export const traceSchemes = ["http", "https", "grpc", "tcp"] as const;
export type TraceScheme = (typeof traceSchemes)[number];

export interface TraceUrl {
  readonly scheme: TraceScheme;
  /** A name or an IP address, as the client writes it. */
  readonly host: string;
  readonly port: number;
  /** With the query; "/" where there is none. */
  readonly path: string;
}

/** One request that a client sends. */
export interface TraceRequest {
  readonly from: TraceCaller;
  readonly method: string;
  readonly url: TraceUrl;
  /** Names in lower case. A `host` header takes the place of the URL's host in the request, not in DNS. */
  readonly headers: Readonly<Record<string, string>>;
}
