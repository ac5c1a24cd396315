import { type KubeObject, keyOf, type Observed, refOf } from "@isthmus/core";
import type { FindLive } from "./diff.ts";

/** Finds the live object of an action among what was observed. */
export function liveObjects(observed: Observed): FindLive {
  const live = new Map<string, KubeObject>();
  for (const { name, objects } of observed.clusters.values()) {
    for (const object of objects) live.set(`${name}/${keyOf(refOf(object))}`, object);
  }
  return ({ cluster, ref }) => live.get(`${cluster}/${keyOf(ref)}`);
}
