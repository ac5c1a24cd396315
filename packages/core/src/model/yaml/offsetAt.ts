import { isCollection, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from "yaml";
import type { Path } from "../schema/fieldSchema.ts";

const pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

/**
 * Where a field stands in its document: a scalar at its value, a mapping or list at its key, a list's item at its start.
 * A field that is absent stands where its nearest ancestor does.
 */
export function offsetAt(root: Node, path: Path, part: "key" | "value" = "value"): number {
  let node: unknown = root;
  let offset = startOf(root);
  for (const [index, step] of path.entries()) {
    if (isMap(node)) {
      const pair = pairOf(node, step);
      if (pair === undefined) return offset;
      const atKey = isCollection(pair.value) || isEmpty(pair.value) || (part === "key" && index === path.length - 1);
      offset = startOf(atKey ? pair.key : pair.value);
      node = pair.value;
    } else if (isSeq(node) && typeof step === "number" && step < node.items.length) {
      node = node.items[step];
      offset = startOf(node);
    } else return offset;
  }
  return offset;
}

/** The text of a scalar as it was written: `0x10`, not 16. */
export function sourceAt(root: Node, path: Path): string | undefined {
  const node = nodeAt(root, path);
  return isScalar(node) ? node.source : undefined;
}

export function nodeAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((node, step) => {
    if (isMap(node)) return pairOf(node, step)?.value;
    return isSeq(node) && typeof step === "number" ? node.items[step] : undefined;
  }, root);
}

/** The keys of a mapping that can be named in a path, for a node that is one. */
export function keysOf(node: unknown): readonly string[] {
  return isMap(node) ? [...pairsOf(node).keys()] : [];
}

function pairOf(map: YAMLMap, key: string | number): Pair | undefined {
  return pairsOf(map).get(String(key));
}

function pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
  const known = pairs.get(map);
  if (known !== undefined) return known;
  const index = new Map<string, Pair>();
  for (const pair of map.items) {
    const key = keyOf(pair);
    if (key !== undefined && !index.has(key)) index.set(key, pair);
  }
  pairs.set(map, index);
  return index;
}

/** A number as a key is its text, and so are true and false. The key of a merge is none. */
function keyOf({ key }: Pair): string | undefined {
  return isScalar(key) && typeof key.value !== "symbol" ? String(key.value) : undefined;
}

function isEmpty(node: unknown): boolean {
  return !node || (isScalar(node) && node.value === null && !node.source);
}

function startOf(node: unknown): number {
  return (node as Node | undefined)?.range?.[0] ?? 0;
}
