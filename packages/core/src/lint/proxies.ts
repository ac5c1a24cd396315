import type { IstioCluster, Workload } from "../istio/index.ts";
import { allMachines } from "../istio/registry/index.ts";

/** Kinds of what has a proxy, or may have one. */
export const proxyKinds: readonly string[] = ["Pod", "WorkloadEntry"];

/** What labels select: pods, or what will make them, and machines. */
export function proxiesOf(cluster: IstioCluster): readonly Workload[] {
  return [...cluster.workloads, ...allMachines(cluster)];
}
