import { parseHostPort, showHostPort } from "../istio/index.ts";
import type { TokenClaims } from "../istio/policy/index.ts";

/** Who calls: a pod's name, or what names its pods: a Deployment, or the label `app`; `*` is any workload of the namespace. */
export interface TraceCaller {
  readonly cluster: string;
  readonly namespace: string;
  readonly workload: string;
  /** With `*` only: one that runs as this account. */
  readonly serviceAccount?: string;
  /** The IP address that its resolver gives for the URL's host, whatever is known of it. */
  readonly resolved?: string;
}

/** A client that runs in none of the clusters: it comes in at what they show to the outside. */
export interface OutsideCaller {
  readonly outside: true;
  /** The cluster that the name which it calls leads to; absent: whichever has a gateway for the name. */
  readonly cluster?: string;
  /** Where it connects to, whatever its DNS says of the URL's name. */
  readonly connectTo?: { readonly address: string; readonly port: number };
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

const defaultPorts: Readonly<Record<TraceScheme, number | undefined>> = {
  http: 80,
  https: 443,
  grpc: 80,
  tcp: undefined,
};

/** A URL as a client writes it; undefined where it is not one that can be traced. */
export function parseUrl(written: string): TraceUrl | undefined {
  const {
    scheme: word,
    host,
    port,
    path,
  } = /^(?<scheme>\w+):\/\/(?<host>\[[^\]]+\]|[^:/?#]+)(?::(?<port>\d+))?(?<path>[/?][^#]*)?$/.exec(written)?.groups ??
  {};
  const scheme = traceSchemes.find((each) => each === word?.toLowerCase());
  const number = port === undefined ? scheme && defaultPorts[scheme] : Number(port);
  if (scheme === undefined || host === undefined || number === undefined || number < 1 || number > 65535)
    return undefined;
  return { scheme, host, port: number, path: path?.startsWith("/") === false ? `/${path}` : (path ?? "/") };
}

/** As a client writes it: `http://[2001:db8::1]:8000/get`. */
export function showUrl({ scheme, host, port, path }: TraceUrl): string {
  return `${scheme}://${showHostPort(parseHostPort(host).host, port)}${path}`;
}

interface SentRequest {
  readonly method: string;
  readonly url: TraceUrl;
  /** Names in lower case. A `host` header takes the place of the URL's host in the request, not in DNS. */
  readonly headers: Readonly<Record<string, string>>;
  /** It carries a token of its issuer's that says this: where `tokenPlaceholder` is, else in header `authorization`. */
  readonly claims?: TokenClaims;
  /** With `https`: the client shows a certificate with these names, of an authority that the server trusts. */
  readonly clientCertificate?: { readonly subjectAltNames: readonly string[] };
}

/** What a client of a scheme sends unless told otherwise: of gRPC there is but one method, and one type of content. */
export function usualRequest(scheme: TraceScheme): Pick<SentRequest, "method" | "headers"> {
  return scheme === "grpc"
    ? { method: "POST", headers: { "content-type": "application/grpc" } }
    : { method: "GET", headers: {} };
}

/** A request that one of the clusters' workloads sends. */
export interface WorkloadRequest extends SentRequest {
  readonly from: TraceCaller;
}

/** A request that comes from outside of the clusters. */
export interface OutsideRequest extends SentRequest {
  readonly from: OutsideCaller;
}

/** One request that a client sends. */
export type TraceRequest = WorkloadRequest | OutsideRequest;

export function isFromOutside(request: TraceRequest): request is OutsideRequest {
  return "outside" in request.from;
}

/** `sleep.foo@cluster1`, `outside`, `outside@cluster1`: as the command line has it. */
export function showCaller({ from }: TraceRequest): string {
  if ("outside" in from) return from.cluster === undefined ? "outside" : `outside@${from.cluster}`;
  return `${from.workload}.${from.namespace}@${from.cluster}`;
}
