import { type IstioCluster, memoised, podLabels, regionLabel, templateKey, type Workload } from "../../istio/index.ts";
import type { TraceWorld } from "../traceWorld.ts";

/** Pods whose calls nothing tells apart. */
export interface AlikePods {
  /** One of them, a ready one if there is any. */
  readonly pod: Workload;
  /** The names of all of them. */
  readonly names: readonly string[];
}

/**
 * Of a cluster's workloads those that call alike: pods of one template in one place, with one address where a policy of any cluster
 * asks for a caller's.
 */
export function podsAlike(
  world: TraceWorld,
  cluster: IstioCluster,
  workloads: readonly Workload[],
): readonly AlikePods[] {
  const isByAddress = asksForAddresses(world);
  const found = new Map<string, AlikePods & { readonly names: string[] }>();
  for (const each of workloads) {
    const address = isByAddress ? each.address : undefined;
    const key = JSON.stringify([templateKey(each), placeKey(cluster, each), address]);
    const known = found.get(key);
    if (known === undefined) found.set(key, { pod: each, names: [each.name] });
    else {
      known.names.push(each.name);
      if (!known.pod.isReady && each.isReady) found.set(key, { ...known, pod: each });
    }
  }
  return [...found.values()];
}

/** Equal where endpoints are chosen alike: by locality, and by node where Services are for one node's pods. */
export function placeKey(cluster: IstioCluster, workload: Workload): string {
  const { labels, untold } = podLabels(cluster, workload);
  const own = Object.entries(labels).filter(([name]) => name.startsWith("topology."));
  return JSON.stringify([own.sort(), untold[regionLabel], hasLocalServices(cluster) ? workload.node : undefined]);
}

/** Some Service leads a caller to pods of its own node only. */
export const hasLocalServices = memoised((cluster: IstioCluster): boolean =>
  cluster
    .stored("Service")
    .some(({ spec }) => spec.internalTrafficPolicy === "Local" || spec.externalTrafficPolicy === "Local"),
);

function asksForAddresses({ clusters }: TraceWorld): boolean {
  return [...clusters.values()].some(hasAddressPolicies);
}

const hasAddressPolicies = memoised((cluster: IstioCluster): boolean =>
  cluster
    .stored("AuthorizationPolicy")
    .some(({ spec }) => /[iI]pBlocks|(source|remote)\.ip/.test(JSON.stringify(spec))),
);
