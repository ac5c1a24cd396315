import type { KubeObject } from "../../kinds/index.ts";
import type { DeclaredPath } from "../../model/index.ts";
import type { Linked, LinkedObject, LinkedPath } from "./linkDeclaration.ts";

/** The objects of a cluster by key, in its order. */
export interface SortedObjects {
  readonly keys: readonly string[];
  readonly known: ReadonlySet<string>;
  readonly objects: readonly KubeObject[];
}

/** What all declarations write together. */
export interface Merged {
  readonly parts: readonly Linked[];
  readonly desired: ReadonlyMap<string, SortedObjects>;
  readonly paths: readonly DeclaredPath[];
  /** Keys that more than one part writes: the last one counts. */
  readonly doubled: ReadonlySet<string>;
}

/** `previous`: of the same clusters. Of its parts that are as before nothing is touched, where all write the same keys. */
export function merge(parts: readonly Linked[], clusters: Iterable<string>, previous: Merged | undefined): Merged {
  const replaced = previous && replacedBy(previous, parts);
  if (previous === undefined || replaced === undefined) return mergeAll(parts, clusters);
  const desired = new Map(previous.desired);
  for (const [cluster, objects] of replaced) {
    const known = desired.get(cluster);
    if (known !== undefined) desired.set(cluster, { ...known, objects: withReplaced(known, objects) });
  }
  return { ...previous, parts, desired };
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
  paths.sort((a, b) => (a.key < b.key ? -1 : 1));
  return { parts, desired, paths: paths.map(({ path }) => path), doubled };
}

function sorted(objects: ReadonlyMap<string, KubeObject>): SortedObjects {
  const entries = [...objects].sort(([a], [b]) => (a < b ? -1 : 1));
  const keys = entries.map(([key]) => key);
  return { keys, known: new Set(keys), objects: entries.map(([, object]) => object) };
}

/** By cluster the objects that are others now; undefined where more than objects is another. */
function replacedBy(
  { parts, doubled }: Merged,
  after: readonly Linked[],
): ReadonlyMap<string, LinkedObject[]> | undefined {
  if (parts.length !== after.length) return undefined;
  const replaced = new Map<string, LinkedObject[]>();
  for (const [index, part] of after.entries()) {
    const before = parts[index];
    if (before === part) continue;
    if (before?.objects.length !== part.objects.length || before.paths.length !== part.paths.length) return undefined;
    if (part.paths.some(({ key }, at) => key !== before.paths[at]?.key)) return undefined;
    for (const [at, each] of part.objects.entries()) {
      const { cluster, key, object } = each;
      const last = before.objects[at];
      if (last?.cluster !== cluster || last.key !== key || doubled.has(`${cluster} ${key}`)) return undefined;
      if (last.object === object) continue;
      const others = replaced.get(cluster);
      if (others === undefined) replaced.set(cluster, [each]);
      else others.push(each);
    }
  }
  return replaced;
}

function withReplaced({ keys, objects }: SortedObjects, replaced: readonly LinkedObject[]): readonly KubeObject[] {
  const after = [...objects];
  for (const { key, object } of replaced) after[indexOf(keys, key)] = object;
  return after;
}

/** Of a key that is among them, in order. */
function indexOf(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
