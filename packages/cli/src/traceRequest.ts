import { isIP } from "node:net";
import { say, type TokenClaims, usage } from "@isthmus/core";
import { parseUrl, type TraceRequest, usualRequest, type WorkloadRequest } from "@isthmus/core/trace";

export interface TraceWords {
  /** `sleep.foo@cluster1`; without a cluster where only one is declared; `outside`, `outside@cluster1`. */
  readonly from: string;
  readonly url: string;
}

export interface RequestOptions {
  /** Unless set what clients of the URL's scheme use. */
  readonly method?: string;
  readonly header?: readonly string[];
}

export interface TraceRequestOptions extends RequestOptions {
  /** `iss=https://issuer.example.com`, several times. */
  readonly claim?: readonly string[];
  readonly clientCertificate?: readonly string[];
  /** `192.0.2.1:31443` */
  readonly connectTo?: string;
  /** `192.0.2.1` */
  readonly resolve?: string;
}

/** A request from the words of a command line. Throws USAGE. */
export function traceRequest(
  words: TraceWords,
  options: TraceRequestOptions,
  clusters: readonly string[],
): TraceRequest {
  const { claim, clientCertificate } = options;
  const from = caller(words.from, clusters);
  const request = {
    ...sent(words, options),
    ...(claim === undefined ? {} : { claims: claims(claim) }),
    ...(clientCertificate === undefined ? {} : { clientCertificate: { subjectAltNames: clientCertificate } }),
  };
  const { connectTo, resolve } = options;
  if (!("outside" in from)) {
    if (connectTo !== undefined)
      throw usage(
        say`--connect-to is for a client outside`,
        "Call as outside, or say what its DNS answers: --resolve.",
      );
    return { from: resolve === undefined ? from : { ...from, resolved: ipAddress(resolve) }, ...request };
  }
  if (resolve !== undefined)
    throw usage(say`--resolve is for a workload`, "Say where a client outside connects: --connect-to.");
  return { from: connectTo === undefined ? from : { ...from, connectTo: endpoint(connectTo) }, ...request };
}

/** The same for a client that must be a workload. Throws USAGE. */
export function workloadRequest(
  words: TraceWords,
  options: RequestOptions,
  clusters: readonly string[],
): WorkloadRequest {
  return { from: workloadCaller(words.from, clusters), ...sent(words, options) };
}

function sent(words: TraceWords, { method, header = [] }: RequestOptions) {
  const url = target(words.url);
  const usual = usualRequest(url.scheme);
  return { method: (method ?? usual.method).toUpperCase(), url, headers: { ...usual.headers, ...headers(header) } };
}

function caller(from: string, clusters: readonly string[]): TraceRequest["from"] {
  const [, cluster] = /^outside(?:@(.+))?$/.exec(from) ?? [];
  if (cluster !== undefined) return { outside: true, cluster: declared(cluster, clusters) };
  return from === "outside" ? { outside: true } : workloadCaller(from, clusters);
}

function workloadCaller(from: string, clusters: readonly string[]): WorkloadRequest["from"] {
  const { workload, namespace, cluster } =
    /^(?<workload>[^.@/]+)\.(?<namespace>[^.@/]+)(?:@(?<cluster>.+))?$/.exec(from)?.groups ?? {};
  const [only] = clusters;
  const chosen = cluster ?? (clusters.length === 1 ? only : undefined);
  if (workload === undefined || namespace === undefined || chosen === undefined) {
    throw usage(
      say`${{ from }} does not say who calls`,
      "Write workload.namespace@cluster, as sleep.foo@cluster1, or outside for a client in no cluster.",
    );
  }
  return { cluster: declared(chosen, clusters), namespace, workload };
}

function declared(cluster: string, clusters: readonly string[]): string {
  if (clusters.includes(cluster)) return cluster;
  throw usage(say`cluster ${{ cluster }} is not declared`, `Declared are ${[...clusters].sort().join(", ")}.`);
}

function endpoint(written: string): { readonly address: string; readonly port: number } {
  const { address, port } = /^(?<address>\[[^\]]+\]|[^:/]+):(?<port>\d+)$/.exec(written)?.groups ?? {};
  const number = Number(port);
  if (address === undefined || number < 1 || number > 65535) {
    throw usage(say`--connect-to ${{ written }} is not an address with a port`, "Write it as 192.0.2.1:31443.");
  }
  return { address: address.replace(/^\[|\]$/g, ""), port: number };
}

function ipAddress(written: string): string {
  const address = written.replace(/^\[|\]$/g, "");
  if (isIP(address) === 0) throw usage(say`--resolve ${{ written }} is not an IP address`, "Write it as 192.0.2.1.");
  return address;
}

function target(url: string): TraceRequest["url"] {
  const found = parseUrl(url);
  if (found !== undefined) return found;
  throw usage(say`${{ url }} is not a URL that can be traced`, "Write http://, https://, grpc:// or tcp://host:port.");
}

function headers(given: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((each) => {
      const colon = each.indexOf(":");
      if (colon < 1) throw usage(say`--header ${{ each }} is not a header`, 'Write it as "name: value".');
      return [each.slice(0, colon).trim().toLowerCase(), each.slice(colon + 1).trim()];
    }),
  );
}

/** What is said several times is a list. */
function claims(given: readonly string[]): TokenClaims {
  const found: Record<string, readonly string[]> = {};
  for (const each of given) {
    const equals = each.indexOf("=");
    if (equals < 1)
      throw usage(
        say`--claim ${{ each }} is not a claim`,
        "Write it as name=value, as iss=https://issuer.example.com.",
      );
    const name = each.slice(0, equals);
    found[name] = [...(found[name] ?? []), each.slice(equals + 1)];
  }
  if (found.iss === undefined)
    throw usage(say`the token has no issuer`, "Say who issued it: --claim iss=https://issuer.example.com.");
  return found;
}
