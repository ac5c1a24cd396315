import type { MeshCluster } from "../model/meshCluster.ts";
import type { Observed } from "../model/observed.ts";
import { TraceCluster } from "./traceCluster.ts";

/** All clusters that could be read, indexed once for any number of requests. */
export interface TraceWorld {
  readonly clusters: ReadonlyMap<string, TraceCluster>;
  /** What is known of addresses beyond what the clusters show: gateways that the declarations give `addresses`. */
  readonly declared: readonly MeshCluster[];
  /** Clusters that exist but could not be read: what an address leads to may be in one of them. */
  readonly unreadable: readonly string[];
}

export function traceWorld(observed: Observed, declared: readonly MeshCluster[] = []): TraceWorld {
  return {
    clusters: new Map([...observed.clusters].map(([name, cluster]) => [name, new TraceCluster(cluster)])),
    declared,
    unreadable: [...observed.unreachable.keys()],
  };
}
