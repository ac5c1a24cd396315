import { type IstioCluster, labelsMatch, type Workload } from "../istio/index.ts";
import { allMachines } from "../istio/registry/index.ts";

/** Kinds of what has a proxy, or may have one. */
export const proxyKinds: readonly string[] = ["Pod", "WorkloadEntry"];

/** What labels select: pods, or what will make them, and machines. */
export function proxiesOf(cluster: IstioCluster): readonly Workload[] {
  return [...cluster.workloads, ...allMachines(cluster)];
}

/**
 * Whether a selector may be for pods of gateways that no manifest shows: repositories often lack what Istio's chart makes, which
 * has the labels `istio: ingressgateway` and `app: istio-ingressgateway` unless told otherwise.
 */
export function mayBeHiddenGateway(cluster: IstioCluster, selector: Readonly<Record<string, string>>): boolean {
  const labels = Object.entries(selector);
  if (cluster.source === "live" || labels.length === 0) return false;
  const isNamedSo = labels.some(([key, value]) => key === "istio" || value.endsWith("gateway"));
  return isNamedSo || cluster.all("Gateway").some(({ spec }) => labelsMatch(selector, spec.selector ?? {}));
}
