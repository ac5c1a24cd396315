import { say } from "../../findings/index.ts";
import { type IstioCluster, localityOfNode, regionLabel, zoneLabel } from "../../istio/index.ts";
import { at } from "../../model/index.ts";
import type { Report } from "../declaration/report.ts";
import type { TrafficSettings } from "./passthroughPolicy.ts";
import type { ResolvedService } from "./resolvedService.ts";
import type { Spread } from "./spread.ts";

/**
 * Where the declaration prefers near endpoints, those that fail have to be found, else nothing fails over. Istio's defaults
 * (5 errors, at most a tenth of the endpoints) would leave a service of a few pods as it is.
 */
const failoverDetection = {
  consecutive5xxErrors: 0,
  consecutiveGatewayErrors: 2,
  interval: "1s",
  baseEjectionTime: "10s",
  maxEjectionPercent: 100,
} as const;

/** What `spec.traffic` says about every host of the service. */
export function trafficSettings({ intent }: ResolvedService): TrafficSettings {
  const { outlierDetection, connectionPool, loadBalancer } = intent.spec.traffic ?? {};
  return {
    ...(outlierDetection === undefined ? {} : { outlierDetection }),
    ...(connectionPool === undefined ? {} : { connectionPool }),
    ...(loadBalancer === undefined ? {} : { loadBalancer }),
  };
}

/** The same for a host that stands for several clusters: with the weights, or the preference for near endpoints. */
export function spreadSettings(
  shared: ResolvedService,
  spread: Spread,
  own: { readonly cluster: string; readonly region?: string },
): TrafficSettings {
  const settings = trafficSettings(shared);
  if (spread.weights !== undefined) {
    const to = Object.fromEntries(
      [...spread.weights].map(([cluster, weight]) => [
        spread.servers.some(({ facts }) => facts.name === cluster) ? spreadLocality(cluster) : (own.region ?? "*"),
        weight,
      ]),
    );
    return {
      ...settings,
      loadBalancer: { ...settings.loadBalancer, localityLbSetting: { distribute: [{ from: "*", to }] } },
    };
  }
  const { locality } = shared.intent.spec.traffic ?? {};
  if (locality === undefined) return settings;
  const { clusters, failover } = locality;
  const order = {
    ...(clusters === undefined ? {} : { failoverPriority: failoverPriority(clusters, spread, own.cluster) }),
    ...(failover === undefined ? {} : { failover: failover.map(({ from, to }) => ({ from, to })).sort(byFrom) }),
  };
  return {
    ...settings,
    outlierDetection: settings.outlierDetection ?? failoverDetection,
    loadBalancer: { ...settings.loadBalancer, localityLbSetting: { enabled: true, ...order } },
  };
}

function byFrom(a: { readonly from: string }, b: { readonly from: string }): number {
  return a.from < b.from ? -1 : 1;
}

/**
 * Own endpoints first, then the clusters in the order that is asked for, the others by name. Istio puts an endpoint behind
 * by the first of these labels in which it differs from the caller, and nobody calls with one of ours: an endpoint that
 * carries none is first, one that carries the label that is listed first is last. Endpoints of a Service are addresses, so
 * this is free of istiod's trouble with DNS and failoverPriority.
 * istio/pilot/pkg/networking/core/loadbalancer/loadbalancer.go, applyFailoverPriorityPerLocality
 */
function failoverPriority(wanted: readonly string[], { servers }: Spread, own: string): string[] {
  const remote = servers.map(({ facts }) => facts.name).filter((name) => name !== own);
  const first = wanted.filter((name) => remote.includes(name));
  const order = [...first, ...remote.filter((name) => !first.includes(name)).sort()];
  return [...order.reverse().map(clusterLabel), zoneLabel];
}

function clusterLabel(cluster: string): string {
  return `cluster.isthmus.io/${cluster}`;
}

/** What an order of clusters knows a cluster's endpoints by. */
export function endpointLabels(shared: ResolvedService, cluster: string): Record<string, string> {
  return shared.intent.spec.traffic?.locality?.clusters === undefined ? {} : { [clusterLabel(cluster)]: "true" };
}

/**
 * The locality of a cluster's gateways behind a name for several clusters. Istio gives weights to localities, so each
 * cluster is one of its own, whatever the number of its gateways, identities and pods, and is so before it gets a weight: a
 * rule that comes with other localities than its endpoints have would leave none for a moment. Where the declaration
 * prefers near endpoints, they are where they are.
 * istio/pilot/pkg/networking/core/loadbalancer, applyLocalityWeights
 */
export function endpointLocality(shared: ResolvedService, spread: Spread, cluster: string, real: string | undefined) {
  const isNear = shared.intent.spec.traffic?.locality !== undefined && spread.weights === undefined;
  return isNear ? real : spreadLocality(cluster);
}

function spreadLocality(cluster: string): string {
  return `isthmus/${cluster}`;
}

/** The region of the consumer's own pods, which is what its weight goes to. */
export function ownRegion(shared: ResolvedService, facts: IstioCluster, report: Report): string | undefined {
  const regions = new Set(facts.all("Node").map((node) => localityOfNode(node)[0]));
  const [region] = regions;
  if (regions.size === 1 && region !== undefined && region !== "") return region;
  report.add(
    shared.owner,
    "REGION_UNKNOWN",
    at(shared.intent, "spec", "traffic", "split"),
    say`the nodes of ${{ cluster: facts.name }} are not all in one labelled region, so its own pods cannot get a weight`,
    say`kubectl --context ${{ cluster: facts.name }} label nodes --all ${{ regionLabel }}=<region>, or use the name form Mesh`,
  );
  return undefined;
}
