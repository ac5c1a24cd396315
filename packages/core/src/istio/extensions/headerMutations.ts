import { type Fields, fieldsOf } from "../../shape/index.ts";
import type { IstioCluster } from "../istioCluster.ts";
import type { Workload } from "../workload.ts";
import { typeOf } from "./harmlessPatch.ts";
import { type ProxyPatch, proxyPatches } from "./proxyPatches.ts";

type Headers = Readonly<Record<string, string>>;

const filterType = "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation";
const perRouteType = `${filterType}PerRoute`;

/**
 * Whether a patch is one that `mutateHeaders` follows: Envoy's header mutation filter put before all others, or its
 * settings for a virtual host, with no more than copies of other headers and fixed texts.
 */
export function isHeaderMutation({ patch }: ProxyPatch): boolean {
  const { operation, value } = patch.patch ?? {};
  const fields = fieldsOf(value);
  if (patch.applyTo === "HTTP_FILTER" && operation === "INSERT_FIRST") {
    const config = fieldsOf(fields.typed_config);
    return typeOf(config) === filterType && mutationsOf(config).every(isFollowed);
  }
  if (patch.applyTo !== "VIRTUAL_HOST" || operation !== "MERGE") return false;
  const settings = Object.values(fieldsOf(fields.typed_per_filter_config)).map(fieldsOf);
  return (
    Object.keys(fields).every((name) => name === "typed_per_filter_config") &&
    settings.every((config) => typeOf(config) === perRouteType && mutationsOf(config).every(isFollowed))
  );
}

/** A virtual host of the proxy's routes, as patches name it. */
export interface VirtualHostName {
  /** May be a wildcard. */
  readonly host: string;
  /** That of the Gateway's server, or the Service's. */
  readonly port: number;
}

/** The headers of a request after the filters that come before all others of a gateway, the last patch's first. */
export function mutateHeaders(
  cluster: IstioCluster,
  workload: Workload,
  { headers, virtualHost }: { readonly headers: Headers; readonly virtualHost: VirtualHostName },
): Headers {
  const patches = proxyPatches(cluster, workload).filter(isHeaderMutation);
  const filters = patches.filter(({ patch }) => patch.applyTo === "HTTP_FILTER" && isForGateway(patch.match?.context));
  return filters.reduceRight<Headers>((known, { patch }) => {
    const { name, typed_config: config } = fieldsOf(patch.patch?.value);
    const ofHost = patches.flatMap(({ patch: other }) => {
      if (other.applyTo !== "VIRTUAL_HOST" || !namesVirtualHost(other.match?.routeConfiguration, virtualHost))
        return [];
      const settings = fieldsOf(fieldsOf(other.patch?.value).typed_per_filter_config);
      return mutationsOf(fieldsOf(settings[`${name}`]));
    });
    return [...mutationsOf(fieldsOf(config)), ...ofHost].reduce(mutate, known);
  }, headers);
}

function isForGateway(context: string | undefined): boolean {
  return context === undefined || context === "ANY" || context === "GATEWAY";
}

interface RouteMatch {
  readonly portNumber?: number;
  readonly vhost?: { readonly name?: string };
}

/** Istio calls a virtual host by host and port (pilot/pkg/util/util.go, DomainName). */
export function namesVirtualHost(match: RouteMatch | undefined, { host, port }: VirtualHostName): boolean {
  if (match?.portNumber !== undefined && match.portNumber !== 0 && match.portNumber !== port) return false;
  const name = match?.vhost?.name ?? "";
  if (name === "") return true;
  const [, ofHost = name, ofPort = `${port}`] = /^(.*):(\d+)$/.exec(name) ?? [];
  return ofPort === `${port}` && host.toLowerCase() === ofHost.toLowerCase();
}

function mutationsOf(config: Fields): readonly Fields[] {
  const list = fieldsOf(config.mutations).request_mutations;
  return Array.isArray(list) ? list.map(fieldsOf) : [];
}

function isFollowed(mutation: Fields): boolean {
  if (typeof mutation.remove === "string") return isPlainName(mutation.remove);
  const { key, value } = fieldsOf(fieldsOf(mutation.append).header);
  if (typeof key !== "string" || typeof value !== "string") return false;
  return isPlainName(key) && (copied(value) !== undefined || !value.includes("%"));
}

/** Others change where the request goes. */
function isPlainName(name: string): boolean {
  return !name.startsWith(":") && name.toLowerCase() !== "host";
}

/** `%REQ(authorization)%` copies that header. */
function copied(value: string): string | undefined {
  return /^%REQ\(([^?():%]+)\)%$/.exec(value)?.[1]?.toLowerCase();
}

function mutate(headers: Headers, mutation: Fields): Headers {
  if (typeof mutation.remove === "string") {
    const gone = mutation.remove.toLowerCase();
    return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== gone));
  }
  const append = fieldsOf(mutation.append);
  const { key, value } = fieldsOf(append.header);
  const name = `${key}`.toLowerCase();
  const source = copied(`${value}`);
  const text = source === undefined ? `${value}` : (headers[source] ?? "");
  const before = headers[name];
  // Envoy adds no header without a value.
  if (text === "") return headers;
  switch (append.append_action) {
    case "ADD_IF_ABSENT":
      return before === undefined ? { ...headers, [name]: text } : headers;
    case "OVERWRITE_IF_EXISTS":
      return before === undefined ? headers : { ...headers, [name]: text };
    case "OVERWRITE_IF_EXISTS_OR_ADD":
      return { ...headers, [name]: text };
    default:
      return { ...headers, [name]: before === undefined ? text : `${before},${text}` };
  }
}
