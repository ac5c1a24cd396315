import { type IstioCluster, memoised, memoisedBy, type Workload } from "../istio/index.ts";
import type { Trace, TraceWorld } from "../trace/index.ts";

interface Named {
  readonly cluster: string;
  readonly namespace?: string;
  readonly name: string;
}

export function workloadOf(
  { clusters }: TraceWorld,
  { cluster: name, namespace, name: pod }: Named,
): Workload | undefined {
  const cluster = clusters.get(name);
  return cluster === undefined ? undefined : workloadsByName(cluster, namespace ?? "default").get(pod);
}

const workloadsByName = memoisedBy(
  (cluster: IstioCluster, namespace: string) =>
    new Map(cluster.workloadsIn(namespace).map((workload) => [workload.name, workload])),
);

const gatewaysOf = memoised((cluster: IstioCluster) => cluster.workloads.filter(({ proxy }) => proxy === "gateway"));

/** The proxies that requests come to besides their caller's: whose policies decide about them. */
export class Visited {
  readonly #world: TraceWorld;
  readonly workloads = new Set<Workload>();
  /** One of them is not known by name, so that nothing is known of what its policies ask. */
  isOpen = false;

  constructor(world: TraceWorld) {
    this.#world = world;
  }

  add({ branches }: Trace): void {
    for (const { hops } of branches) {
      for (const { name, cluster = "", object } of hops) {
        if (name === "gateway") {
          const found = this.#world.clusters.get(cluster);
          for (const each of found === undefined ? [] : gatewaysOf(found)) this.workloads.add(each);
        }
        if (name !== "destination" || object === undefined) continue;
        const workload = workloadOf(this.#world, object);
        if (workload === undefined) this.isOpen = true;
        else this.workloads.add(workload);
      }
    }
  }
}
