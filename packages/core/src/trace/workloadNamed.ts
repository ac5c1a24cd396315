import { askBy, type IstioCluster, memoisedBy, type Workload } from "../istio/index.ts";
import type { TraceWorld } from "./traceWorld.ts";

/** A pod as hops and outcomes name it. */
export interface PodName {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
}

export function workloadNamed(
  clusters: TraceWorld["clusters"],
  { cluster: name, namespace, name: pod }: PodName,
): Workload | undefined {
  const cluster = clusters.get(name);
  return cluster === undefined ? undefined : named(cluster, `${namespace}/${pod}`);
}

/** By `namespace/name`. */
const named = askBy((cluster, by: string): Workload | undefined => {
  const slash = by.indexOf("/");
  return workloadsByName(cluster, by.slice(0, slash)).get(by.slice(slash + 1));
});

const workloadsByName = memoisedBy((cluster: IstioCluster, namespace: string): ReadonlyMap<string, Workload> => {
  const found = new Map<string, Workload>();
  for (const each of cluster.workloadsIn(namespace)) if (!found.has(each.name)) found.set(each.name, each);
  return found;
});
