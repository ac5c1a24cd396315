import { MeshError, type TraceRequest, type TraceScheme, traceSchemes } from "@isthmus/core";

export interface TraceWords {
  /** `sleep.foo@cluster1`; without a cluster where only one is declared. */
  readonly from: string;
  readonly url: string;
}

export interface RequestOptions {
  readonly method: string;
  readonly header?: readonly string[];
}

const ports: Readonly<Record<TraceScheme, number | undefined>> = { http: 80, https: 443, grpc: 80, tcp: undefined };

/** A request from the words of a command line. Throws USAGE. */
export function traceRequest(
  { from, url }: TraceWords,
  { method, header = [] }: RequestOptions,
  clusters: readonly string[],
): TraceRequest {
  return { from: caller(from, clusters), method: method.toUpperCase(), url: target(url), headers: headers(header) };
}

function caller(from: string, clusters: readonly string[]): TraceRequest["from"] {
  const { workload, namespace, cluster } =
    /^(?<workload>[^.@/]+)\.(?<namespace>[^.@/]+)(?:@(?<cluster>.+))?$/.exec(from)?.groups ?? {};
  const [only] = clusters;
  const chosen = cluster ?? (clusters.length === 1 ? only : undefined);
  if (workload === undefined || namespace === undefined || chosen === undefined) {
    throw usage(`${from} does not say who calls`, "Write workload.namespace@cluster, as sleep.foo@cluster1.");
  }
  if (!clusters.includes(chosen)) {
    throw usage(`cluster ${chosen} is not declared`, `Declared are ${[...clusters].sort().join(", ")}.`);
  }
  return { cluster: chosen, namespace, workload };
}

function target(url: string): TraceRequest["url"] {
  const {
    scheme: word,
    host,
    port,
    path,
  } = /^(?<scheme>\w+):\/\/(?<host>\[[^\]]+\]|[^:/?#]+)(?::(?<port>\d+))?(?<path>[/?][^#]*)?$/.exec(url)?.groups ?? {};
  const scheme = traceSchemes.find((each) => each === word?.toLowerCase());
  const number = port === undefined ? scheme && ports[scheme] : Number(port);
  if (scheme === undefined || host === undefined || number === undefined || number < 1 || number > 65535) {
    throw usage(`${url} is no URL that can be traced`, "Write http://, https://, grpc:// or tcp://host:port.");
  }
  return { scheme, host, port: number, path: path?.startsWith("/") === false ? `/${path}` : (path ?? "/") };
}

function headers(given: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((each) => {
      const colon = each.indexOf(":");
      if (colon < 1) throw usage(`--header ${each} is no header`, 'Write it as "name: value".');
      return [each.slice(0, colon).trim().toLowerCase(), each.slice(colon + 1).trim()];
    }),
  );
}

function usage(message: string, hint: string): MeshError {
  return new MeshError({ code: "USAGE", at: "", message, hint });
}
