import {
  isHarmless,
  isHeaderMutation,
  namesVirtualHost,
  type ProxyPatch,
  proxyPatches,
  type VirtualHostName,
} from "../../istio/extensions/index.ts";
import { type IstioCluster, memoisedBy, type Workload } from "../../istio/index.ts";
import { attachmentOf, isAttached } from "../../istio/policy/index.ts";
import { clusterObject, type EnvoyFilter, showClusterObject, type WasmPlugin } from "../../kinds/index.ts";
import { unsure } from "../hop.ts";
import type { PassedHop, TraceHopName } from "../traceResult.ts";

/** What a connection uses of a proxy's configuration. */
export interface ProxyUse {
  readonly cluster: IstioCluster;
  readonly workload: Workload;
  readonly context: "SIDECAR_OUTBOUND" | "SIDECAR_INBOUND" | "GATEWAY";
  /** Its listener's; of a pod where the proxy is a server's sidecar. */
  readonly port: number;
  readonly isHttp: boolean;
  /** Where it is known. */
  readonly virtualHost?: VirtualHostName;
}

/** An upstream cluster of a proxy: `outbound|port|subset|host`. */
export interface UpstreamUse extends Pick<ProxyUse, "cluster" | "workload" | "context"> {
  readonly host: string;
  readonly port: number;
  readonly subset: string | undefined;
}

/** A hop that says what cannot be followed in a proxy's listeners, filters and routes; undefined where all can be. */
export function unfollowedChange(use: ProxyUse, name: TraceHopName): PassedHop | undefined {
  const found = proxyPatches(use.cluster, use.workload).find(
    (each) => concerns(each, use) && !isHarmless(each) && !(use.context === "GATEWAY" && isHeaderMutation(each)),
  );
  if (found !== undefined) return hopOf(use, name, { object: found.filter, field: found.field, what: say(found) });
  const plugin = pluginsOf(use.cluster, use.workload).find((each) => isInWay(each, use));
  return plugin === undefined
    ? undefined
    : hopOf(use, name, { object: plugin, field: "spec.url", what: "brings a program of its own into the proxy" });
}

/** The same for an upstream cluster. */
export function unfollowedUpstream(use: UpstreamUse): PassedHop | undefined {
  const found = proxyPatches(use.cluster, use.workload).find(
    (each) =>
      each.patch.applyTo === "CLUSTER" && isInContext(each, use.context) && isOf(each, use) && !isHarmless(each),
  );
  if (found === undefined) return undefined;
  return hopOf(use, "policy", { object: found.filter, field: found.field, what: say(found) });
}

interface Change {
  readonly object: EnvoyFilter | WasmPlugin;
  readonly field: string;
  readonly what: string;
}

function hopOf(
  { cluster, workload }: Pick<ProxyUse, "cluster" | "workload">,
  name: TraceHopName,
  change: Change,
): PassedHop {
  const object = clusterObject(cluster.name, change.object);
  return unsure({
    name,
    cluster: cluster.name,
    object,
    field: change.field,
    code: "TRACE_EXTENSION",
    detail: `${showClusterObject(object)} ${change.what} of ${workload.namespace}/${workload.name}: what it does is not followed`,
    source: "pilot/pkg/networking/core/envoyfilter",
  });
}

function say({ patch }: ProxyPatch): string {
  return `patches ${patch.applyTo ?? "the configuration"} (${patch.patch?.operation ?? "no operation"})`;
}

function isInContext({ patch }: ProxyPatch, context: ProxyUse["context"]): boolean {
  const { context: written = "ANY" } = patch.match ?? {};
  return written === "ANY" || written === context;
}

/** Whether the part of the configuration that a patch is for is one that the connection uses; where in doubt, it is. */
function concerns(each: ProxyPatch, use: ProxyUse): boolean {
  const { applyTo, match } = each.patch;
  if (applyTo === "CLUSTER" || !isInContext(each, use.context)) return false;
  const { portNumber = 0, filterChain } = match?.listener ?? {};
  if (portNumber !== 0 && portNumber !== use.port) return false;
  const { destinationPort = 0 } = filterChain ?? {};
  if (use.context === "SIDECAR_INBOUND" && destinationPort !== 0 && destinationPort !== use.port) return false;
  switch (applyTo) {
    case "HTTP_FILTER":
    case "ROUTE_CONFIGURATION":
      return use.isHttp;
    case "VIRTUAL_HOST":
    case "HTTP_ROUTE":
      if (!use.isHttp) return false;
      return (
        use.virtualHost === undefined ||
        each.patch.patch?.operation === "ADD" ||
        namesVirtualHost(match?.routeConfiguration, use.virtualHost)
      );
    case "NETWORK_FILTER":
      return use.isHttp || filterChain?.filter?.name !== "envoy.filters.network.http_connection_manager";
    default:
      return true;
  }
}

function isOf({ patch }: ProxyPatch, { host, port, subset }: UpstreamUse): boolean {
  const match = patch.match?.cluster;
  if (match?.name !== undefined && match.name !== "") return match.name === `outbound|${port}|${subset ?? ""}|${host}`;
  if (patch.patch?.operation === "ADD") return false;
  return (
    ["", host].includes(match?.service ?? "") &&
    [0, port].includes(match?.portNumber ?? 0) &&
    ["", subset].includes(match?.subset ?? "")
  );
}

const pluginsOf = memoisedBy((cluster: IstioCluster, workload: Workload): readonly WasmPlugin[] =>
  [...new Set([cluster.settings.rootNamespace, workload.namespace])]
    .flatMap((namespace) => cluster.in("WasmPlugin", namespace))
    .filter(({ metadata, spec }) => isAttached(attachmentOf(metadata.namespace, spec), workload)),
);

/** https://istio.io/latest/docs/reference/config/proxy_extensions/wasm-plugin/#WasmPlugin-TrafficSelector; a gateway is a client. */
function isInWay({ spec }: WasmPlugin, { context, port, isHttp }: ProxyUse): boolean {
  if (!isHttp && spec.type !== "NETWORK") return false;
  const { match = [] } = spec;
  const mode = context === "SIDECAR_INBOUND" ? "SERVER" : "CLIENT";
  const fits = ({ mode: written = "UNDEFINED", ports = [] }: (typeof match)[number]) =>
    ["UNDEFINED", "CLIENT_AND_SERVER", mode].includes(written) &&
    (ports.length === 0 || context === "GATEWAY" || ports.some((each) => each.number === port));
  return match.length === 0 || match.some(fits);
}
