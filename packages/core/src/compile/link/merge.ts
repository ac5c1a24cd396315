import type { KubeObject } from "../../kinds/index.ts";
import type { DeclaredPath } from "../../model/index.ts";
import type { Linked, LinkedPath } from "./linkDeclaration.ts";
import { changesOf, type Sorted, sorted, sortedAfter } from "./sorted.ts";

/** What all declarations write together. */
export interface Merged {
  readonly parts: readonly Linked[];
  readonly desired: ReadonlyMap<string, Sorted<KubeObject>>;
  readonly paths: Sorted<DeclaredPath>;
  /** Keys that more than one part writes: the last one counts. */
  readonly doubled: ReadonlySet<string>;
}

/** `previous`: of the same clusters. Of its parts that are as before nothing is touched, unless several write the same key. */
export function merge(parts: readonly Linked[], clusters: Iterable<string>, previous: Merged | undefined): Merged {
  return (previous && mergedAfter(previous, parts)) ?? mergeAll(parts, clusters);
}

function mergeAll(parts: readonly Linked[], clusters: Iterable<string>): Merged {
  const byCluster = new Map<string, Map<string, KubeObject>>([...clusters].sort().map((name) => [name, new Map()]));
  const doubled = new Set<string>();
  const paths: LinkedPath[] = [];
  for (const part of parts) {
    for (const { cluster, key, object } of part.objects) {
      const objects = byCluster.get(cluster);
      if (objects?.has(key) === true) doubled.add(`${cluster} ${key}`);
      objects?.set(key, object);
    }
    for (const path of part.paths) paths.push(path);
  }
  const desired = new Map([...byCluster].map(([name, objects]) => [name, sorted(objects)]));
  return { parts, desired, paths: sorted(paths.map(({ key, path }) => [key, path])), doubled };
}

/** Undefined where parts that differ write a key twice. */
function mergedAfter(previous: Merged, parts: readonly Linked[]): Merged | undefined {
  const [gone, come] = [withoutParts(previous.parts, parts), withoutParts(parts, previous.parts)];
  const [goneObjects, comeObjects] = [byCluster(gone), byCluster(come)];
  const desired = new Map(previous.desired);
  for (const cluster of new Set([...goneObjects.keys(), ...comeObjects.keys()])) {
    const known = desired.get(cluster);
    if (known === undefined) continue;
    const keys = (goneObjects.get(cluster) ?? []).map(([key]) => key);
    if (keys.some((key) => previous.doubled.has(`${cluster} ${key}`))) return undefined;
    const changes = changesOf(known, keys, comeObjects.get(cluster) ?? []);
    if (changes === undefined) return undefined;
    desired.set(cluster, sortedAfter(known, changes));
  }
  const paths = pathsAfter(previous.paths, gone, come);
  return paths && { ...previous, parts, desired, paths };
}

function withoutParts(parts: readonly Linked[], others: readonly Linked[]): readonly Linked[] {
  const known = new Set(others);
  return parts.filter((part) => !known.has(part));
}

function byCluster(parts: readonly Linked[]): ReadonlyMap<string, (readonly [string, KubeObject])[]> {
  const found = new Map<string, (readonly [string, KubeObject])[]>();
  for (const { cluster, key, object } of parts.flatMap(({ objects }) => objects)) {
    const objects = found.get(cluster);
    if (objects === undefined) found.set(cluster, [[key, object]]);
    else objects.push([key, object]);
  }
  return found;
}

/** A path that is there again is the one that was there: its key says all of it. */
function pathsAfter(
  before: Merged["paths"],
  gone: readonly Linked[],
  come: readonly Linked[],
): Merged["paths"] | undefined {
  const [goneKeys, comeKeys] = [pathKeys(gone), pathKeys(come)];
  const changes = changesOf(
    before,
    [...goneKeys].filter((key) => !comeKeys.has(key)),
    come.flatMap(({ paths }) => paths).flatMap(({ key, path }) => (goneKeys.has(key) ? [] : [[key, path] as const])),
  );
  return changes && (changes.size === 0 ? before : sortedAfter(before, changes));
}

function pathKeys(parts: readonly Linked[]): ReadonlySet<string> {
  return new Set(parts.flatMap(({ paths }) => paths.map(({ key }) => key)));
}
