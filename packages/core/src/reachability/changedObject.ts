import { type ClusterObject, keyOf, refOf } from "../kinds/index.ts";
import type { TraceWorld } from "../trace/index.ts";

/** Of the objects that answers name as deciding, the one that a change of them may be put down to. */
export type ChangedObject = (named: readonly (ClusterObject | undefined)[]) => ClusterObject | undefined;

/**
 * Where the two states differ in one object alone, it is what makes all the difference, whether an answer names it or not. Else the
 * first of those named that is another in the two: a policy that stood there before decides as it did, and something else has changed.
 */
export function changedObject(before: TraceWorld, after: TraceWorld): ChangedObject {
  const only = onlyDifference(before, after);
  if (only !== undefined) return () => only;
  const known = new Map<string, boolean>();
  const isAnother = (object: ClusterObject): boolean => {
    const key = JSON.stringify(object);
    const [was, is] = [before, after].map(({ clusters }) => clusters.get(object.cluster));
    const found = known.get(key) ?? (was !== undefined && is?.hasOtherwise(object, was) === true);
    known.set(key, found);
    return found;
  };
  return (named) => named.find((object) => object !== undefined && isAnother(object));
}

function onlyDifference(before: TraceWorld, after: TraceWorld): ClusterObject | undefined {
  if ([...before.clusters.keys()].join() !== [...after.clusters.keys()].join()) return undefined;
  const found = new Map<string, ClusterObject>();
  for (const [cluster, state] of after.clusters) {
    const was = before.clusters.get(cluster);
    const objects = was && state.differencesFrom(was);
    if (objects === undefined) return undefined;
    for (const object of objects) {
      const { kind, metadata } = object;
      const { name, namespace } = metadata;
      const named = { cluster, kind, ...(namespace === undefined ? {} : { namespace }), name };
      found.set(`${cluster} ${keyOf(refOf(object))}`, named);
    }
  }
  const [only, ...others] = found.values();
  return others.length === 0 ? only : undefined;
}
