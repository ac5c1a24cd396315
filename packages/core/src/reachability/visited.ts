import { type IstioCluster, memoised, type Workload } from "../istio/index.ts";
import { type Trace, type TraceWorld, workloadNamed } from "../trace/index.ts";

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
        const { namespace = "default", name: pod } = object;
        const workload = workloadNamed(this.#world.clusters, { cluster: object.cluster, namespace, name: pod });
        if (workload === undefined) this.isOpen = true;
        else this.workloads.add(workload);
      }
    }
  }
}
