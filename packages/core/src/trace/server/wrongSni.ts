import { fullHost, type IstioCluster, parsePassthroughSni, type Workload } from "../../istio/index.ts";
import { meshRegistry } from "../../istio/registry/index.ts";
import { destinationRuleFor, proxyScope, serviceOf } from "../../istio/scope/index.ts";
import { type ClusterObject, clusterObject, type DestinationRule, showClusterObject } from "../../kinds/index.ts";
import type { OtherObject } from "../traceResult.ts";
import type { TraceWorld } from "../traceWorld.ts";
import type { Arrival } from "./arrival.ts";

/** Why a caller's proxy sends an SNI that Istio makes of the called host, which no gateway of another cluster knows. */
export interface WrongSni {
  readonly object: ClusterObject;
  readonly field: string;
  readonly detail: string;
  readonly fix: string;
  readonly others: readonly OtherObject[];
}

/**
 * Undefined where a rule of the caller's gives the SNI, or the caller is not a proxy: then the SNI itself is to be looked at. Without
 * `tls.sni` it is made of the host (pilot/pkg/networking/core/cluster_tls.go, buildUpstreamTLSSettings).
 */
export function wrongSni(
  world: TraceWorld,
  { attempt, transport }: Arrival,
  serving: IstioCluster,
): WrongSni | undefined {
  const proxy = attempt.caller.workload;
  const cluster = world.clusters.get(proxy?.cluster ?? "");
  if (transport.mode !== "ISTIO_MUTUAL" || proxy === undefined || cluster === undefined) return undefined;
  const { port = 0, host = "" } = parsePassthroughSni(transport.sni) ?? {};
  const service = serviceOf(proxyScope(cluster, proxy), host);
  if (service === undefined) return undefined;
  const own = clusterObject(cluster.name, service.object);
  const held = destinationRuleFor(cluster, proxy, service);
  const [rule] = held?.from ?? [];
  const withSni = rulesOf(cluster, host).filter(
    (each) => givesSni(each, Number(port)) && held?.from.includes(each) !== true,
  );
  const [ignored] = withSni;
  if (ignored === undefined) {
    // A service of its name is there: what the gateway lacks is a server for it.
    if (meshRegistry(serving).byHost.has(host)) return undefined;
    // A rule that says something else of the host leaves the SNI as it is, and so does none.
    const object = rule === undefined ? own : clusterObject(cluster.name, rule);
    return {
      object,
      field: rule === undefined ? "spec.hosts" : "spec.trafficPolicy.tls.sni",
      detail: `no DestinationRule of ${cluster.name} gives ${host} an SNI that another cluster's gateway knows, so that its own name is sent`,
      fix: `Give ${host} a DestinationRule in namespace ${proxy.namespace} with tls.mode ISTIO_MUTUAL and tls.sni outbound_.PORT_._.SERVICE.NAMESPACE.svc.cluster.local.`,
      others: [],
    };
  }
  const object = clusterObject(cluster.name, ignored);
  if (rule !== undefined) {
    const counted = clusterObject(cluster.name, rule);
    return {
      object,
      field: "spec.host",
      detail: `${showClusterObject(object)}, which gives the SNI, is ignored: ${showClusterObject(counted)} is for ${host} as well and counts first`,
      fix: `Put what ${showClusterObject(object)} says into ${showClusterObject(counted)}, or remove that.`,
      others: [{ object: counted, part: `holds for ${host} in namespace ${proxy.namespace}` }],
    };
  }
  return {
    object,
    field: ignored.spec.exportTo === undefined ? "metadata.namespace" : "spec.exportTo",
    detail: `${showClusterObject(object)}, which gives the SNI, does not hold for ${proxy.namespace}: ${whereRulesCount(proxy, service)}`,
    fix: `Move ${showClusterObject(object)} to namespace ${proxy.namespace} or ${service.namespace}, and export it to ${proxy.namespace}.`,
    others: [{ object: own, part: "is what the rule is for" }],
  };
}

function rulesOf(cluster: IstioCluster, host: string): readonly DestinationRule[] {
  return cluster
    .all("DestinationRule")
    .filter(
      ({ metadata: { namespace = "default" }, spec }) =>
        fullHost(spec.host ?? "", namespace, cluster.settings) === host,
    );
}

function givesSni({ spec }: DestinationRule, port: number): boolean {
  const { tls, portLevelSettings = [] } = spec.trafficPolicy ?? {};
  const ofPort = portLevelSettings.find((each) => each.port?.number === port)?.tls;
  return [tls?.sni, ofPort?.sni].some((sni) => sni !== undefined && sni !== "");
}

/** pilot/pkg/model/push_context.go, destinationRule. */
function whereRulesCount({ namespace }: Workload, service: { readonly namespace: string }): string {
  return `rules count in the caller's namespace (${namespace}), that of the service (${service.namespace}) and the root namespace, as far as they are exported`;
}
