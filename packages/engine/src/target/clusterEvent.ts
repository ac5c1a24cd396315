import type { Observed, Problem } from "@isthmus/core";
import { applyChanges, type ObjectChange } from "@isthmus/core";
import type { Observation } from "./target.ts";

/**
 * What happens to a cluster that is watched.
 * - `observed`: all of it, first of all, when it is found again, and where more than objects changed;
 * - `changed`: objects, each once as it is now;
 * - `lost`: some of it cannot be followed, so that nobody knows what it is now. It is tried again until it is `observed`.
 */
export type ClusterEvent =
  | { readonly type: "observed"; readonly observation: Observation }
  | { readonly type: "changed"; readonly changes: readonly ObjectChange[] }
  | { readonly type: "lost"; readonly problem: Problem };

/** The observed clusters after an event of one of them; all that it does not touch is shared. */
export function afterEvent(observed: Observed, cluster: string, event: ClusterEvent): Observed {
  const clusters = new Map(observed.clusters);
  const unreachable = new Map(observed.unreachable);
  switch (event.type) {
    case "changed":
      return applyChanges(observed, event.changes);
    case "observed":
      clusters.set(cluster, event.observation.cluster);
      unreachable.delete(cluster);
      return { clusters, unreachable };
    case "lost":
      clusters.delete(cluster);
      unreachable.set(cluster, event.problem);
      return { clusters, unreachable };
  }
}
