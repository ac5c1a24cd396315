import { type IstioCluster, istioClusters, type NameScheme } from "../istio/index.ts";
import type { Intents, MeshCluster, Observed } from "../model/index.ts";
import { isSameScheme, nameScheme } from "./nameScheme.ts";

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
  /** What names of the mesh look like. */
  readonly scheme: NameScheme;
}

/** A world as it was before, of the same declarations. */
interface KnownWorld {
  readonly observed: Observed;
  readonly world: TraceWorld;
  /** The parts that changed since. */
  readonly changed: ReadonlySet<string>;
}

/**
 * `declared`: what the declarations add to what is observed; without them Istio's defaults hold. Clusters that are as in `known`
 * are those very ones, unless names look otherwise now.
 */
export function traceWorld(
  observed: Observed,
  { mesh, clusters = [] }: Partial<Pick<Intents, "mesh" | "clusters">> = {},
  known?: KnownWorld,
): TraceWorld {
  const found = nameScheme(observed, { mesh, clusters });
  const scheme = known !== undefined && isSameScheme(known.world.scheme, found) ? known.world.scheme : found;
  const before = known?.world.scheme === scheme ? { ...known, facts: known.world.clusters } : undefined;
  return {
    clusters: istioClusters(observed, { mesh, scheme }, before),
    declared: clusters,
    unreadable: [...observed.unreachable.keys()],
    scheme,
  };
}
