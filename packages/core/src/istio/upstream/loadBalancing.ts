import type { LocalitySetting, TrafficPolicy } from "../../kinds/index.ts";
import type { IstioCluster } from "../istioCluster.ts";
import type { MeshEndpoint } from "../registry/endpoints.ts";
import { localityOf, networkLabel, podLabels } from "../topologyLabels.ts";
import type { Workload } from "../workload.ts";

export interface Share {
  readonly endpoint: MeshEndpoint;
  /** In 0..1; all add up to 1. */
  readonly share: number;
}

/**
 * How a proxy spreads requests over healthy endpoints while all of them answer: by weight; by locality where a rule says so.
 * pilot/pkg/networking/core/loadbalancer/loadbalancer.go. The nearer ones get all where outlier detection is on, since only
 * then Envoy would notice that the near ones fail.
 */
export function shares(
  cluster: IstioCluster,
  proxy: Workload,
  { policy, endpoints }: { readonly policy: TrafficPolicy; readonly endpoints: readonly MeshEndpoint[] },
): readonly Share[] {
  const setting = policy.loadBalancer?.localityLbSetting ?? {};
  if (setting.enabled === false) return byWeight(endpoints);
  const own = localityOf(cluster, proxy);
  if (setting.distribute !== undefined) return distributed(endpoints, own, setting.distribute);
  if (policy.outlierDetection === undefined) return byWeight(endpoints);
  return byWeight(nearest(endpoints, { setting, own, labels: podLabels(cluster, proxy).labels }));
}

function byWeight(endpoints: readonly MeshEndpoint[]): readonly Share[] {
  const total = endpoints.reduce((sum, { weight }) => sum + weight, 0);
  return endpoints.map((endpoint) => ({ endpoint, share: endpoint.weight / total }));
}

/** `from` and `to` are `region/zone/subzone`, cut short or with `*` (util.LocalityMatch). */
function localityMatches(locality: string, rule: string): boolean {
  const parts = locality.split("/");
  return rule === "*" || rule.split("/").every((part, index) => part === "*" || part === "" || part === parts[index]);
}

function distributed(
  endpoints: readonly MeshEndpoint[],
  own: string,
  distribute: NonNullable<LocalitySetting["distribute"]>,
): readonly Share[] {
  const rule = distribute.find(({ from = "" }) => localityMatches(own, from));
  if (rule === undefined) return byWeight(endpoints);
  const left = new Set(endpoints);
  const groups = Object.entries(rule.to ?? {}).map(([to, weight]) => {
    const members = [...left].filter(({ locality }) => localityMatches(locality, to));
    for (const member of members) left.delete(member);
    return { members, weight };
  });
  const present = groups.filter(({ members }) => members.length > 0);
  const total = present.reduce((sum, { weight }) => sum + weight, 0);
  return present.flatMap(({ members, weight }) =>
    byWeight(members).map(({ endpoint, share }) => ({ endpoint, share: (share * weight) / total })),
  );
}

interface Nearness {
  readonly setting: LocalitySetting;
  readonly own: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Those of the highest priority that has any endpoint. */
function nearest(endpoints: readonly MeshEndpoint[], nearness: Nearness): readonly MeshEndpoint[] {
  const ranked = endpoints.map((endpoint) => ({ endpoint, rank: priority(endpoint, nearness) }));
  const best = Math.min(...ranked.map(({ rank }) => rank));
  return ranked.filter(({ rank }) => rank === best).map(({ endpoint }) => endpoint);
}

function priority(endpoint: MeshEndpoint, { setting, own, labels }: Nearness): number {
  const { failoverPriority = [], failover = [] } = setting;
  const byLabels = failoverPriority.length === 0 ? 0 : labelPriority(endpoint, failoverPriority, labels);
  if (failoverPriority.length > 0 && failover.length === 0) return byLabels;
  const [region = "", zone = "", subzone = ""] = own.split("/");
  const [itsRegion = "", itsZone = "", itsSubzone = ""] = endpoint.locality.split("/");
  let near = 0;
  if (region !== itsRegion) near = failover.find(({ from }) => from === region)?.to === itsRegion ? 3 : 4;
  else if (zone !== itsZone) near = 2;
  else if (subzone !== itsSubzone) near = 1;
  // Without a rule for the own region all others are alike.
  if (near === 4 && !failover.some(({ from }) => from === region)) near = 3;
  return byLabels * 5 + near;
}

/** Each label is `name` or `name=value`; the first that differs decides (applyFailoverPriorityPerLocality). */
function labelPriority(
  endpoint: MeshEndpoint,
  failoverPriority: readonly string[],
  ofProxy: Readonly<Record<string, string>>,
): number {
  const differing = failoverPriority.findIndex((each) => {
    const [name = "", value = ofProxy[each] ?? ""] = each.split("=");
    // Several networks are not modelled: all is one.
    return name !== networkLabel && (endpoint.labels[name] ?? "") !== value;
  });
  return differing < 0 ? 0 : failoverPriority.length - differing;
}
