import { type IstioCluster, istioClusters } from "../istio/index.ts";
import type { Intents, MeshCluster, Observed } from "../model/index.ts";
import { nameScheme } from "./nameScheme.ts";

/** All clusters that could be read, indexed once for any number of requests. */
export interface TraceWorld {
  readonly clusters: ReadonlyMap<string, IstioCluster>;
  /** What is known of addresses beyond what the clusters show: gateways that the declarations give `addresses`. */
  readonly declared: readonly MeshCluster[];
  /**
   * Follow also the ways that no request takes as things stand: endpoints that are farther away than others, and routes that
   * the request does not match. What there is of ways counts then, not how likely each is.
   */
  readonly spreads?: boolean;
  /** Clusters that exist but could not be read: what an address leads to may be in one of them. */
  readonly unreadable: readonly string[];
}

/** `declared`: what the declarations add to what is observed; without them Istio's defaults hold. */
export function traceWorld(
  observed: Observed,
  { mesh, clusters = [] }: Partial<Pick<Intents, "mesh" | "clusters">> = {},
): TraceWorld {
  return {
    clusters: istioClusters(observed, { mesh, scheme: nameScheme(observed, { mesh, clusters }) }),
    declared: clusters,
    unreadable: [...observed.unreachable.keys()],
  };
}
