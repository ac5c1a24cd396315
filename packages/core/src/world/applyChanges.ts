import { type KubeObject, keyOf, refOf } from "../kinds/index.ts";
import type { Observed, ObservedCluster } from "../model/index.ts";

/** What a watch tells: an object of a cluster is there, new or as it is now, or gone. */
export interface ObjectChange {
  readonly cluster: string;
  readonly object: KubeObject;
  readonly isGone: boolean;
}

/** The observed clusters after changes, which come in order; all that they do not touch is shared. Changes of clusters that are not observed are left out. */
export function applyChanges(observed: Observed, changes: readonly ObjectChange[]): Observed {
  const last = new Map<string, Map<string, ObjectChange>>();
  for (const change of changes) {
    const ofCluster = last.get(change.cluster) ?? new Map<string, ObjectChange>();
    last.set(change.cluster, ofCluster.set(keyOf(refOf(change.object)), change));
  }
  const clusters = new Map(observed.clusters);
  for (const [name, byKey] of last) {
    const cluster = clusters.get(name);
    if (cluster !== undefined) clusters.set(name, changed(cluster, byKey));
  }
  return { ...observed, clusters };
}

function changed(cluster: ObservedCluster, byKey: ReadonlyMap<string, ObjectChange>): ObservedCluster {
  const left = new Map(byKey);
  const objects = cluster.objects.flatMap((object) => {
    const key = keyOf(refOf(object));
    const change = left.get(key);
    if (change === undefined) return [object];
    left.delete(key);
    return change.isGone ? [] : [change.object];
  });
  const come = [...left.values()].flatMap(({ object, isGone }) => (isGone ? [] : [object]));
  return { ...cluster, objects: [...objects, ...come] };
}
