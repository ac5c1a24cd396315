import type { Observed, ObservedCluster } from "../model/index.ts";
import { changedItems } from "./changedItems.ts";
import { istiodContainersOf } from "./istiodContainers.ts";
import { istiodOf, kindIn, wholeCluster, wholeKind } from "./parts.ts";

/**
 * The parts in which two views of the clusters differ, objects being the same only by identity; undefined where more than
 * objects differ, on which everything may depend.
 */
export function changedParts(before: Observed, after: Observed): ReadonlySet<string> | undefined {
  if (before === after) return new Set();
  if (!haveSame(before.unreachable, after.unreachable) || before.clusters.size !== after.clusters.size)
    return undefined;
  const parts = new Set<string>();
  for (const [name, cluster] of after.clusters) {
    const known = before.clusters.get(name);
    if (known === cluster) continue;
    if (known === undefined || !isSameButObjects(known, cluster)) return undefined;
    for (const object of changedItems(known.objects, cluster.objects)) {
      const { kind, metadata } = object;
      if (istiodContainersOf(object).length > 0) parts.add(istiodOf(name));
      parts.add(kindIn(name, kind, metadata.namespace ?? "default"));
      parts.add(wholeKind(name, kind));
      parts.add(wholeCluster(name));
    }
  }
  return parts;
}

function isSameButObjects(before: ObservedCluster, after: ObservedCluster): boolean {
  const { objects: _, ...left } = before;
  const { objects: __, ...right } = after;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]) as Set<keyof typeof left>;
  return [...keys].every((key) => left[key] === right[key]);
}

function haveSame<K, T>(left: ReadonlyMap<K, T>, right: ReadonlyMap<K, T>): boolean {
  return left === right || (left.size === right.size && [...left].every(([key, value]) => right.get(key) === value));
}
