import { type KubeObject, keyOf, type Node, refOf } from "../kinds/index.ts";
import { isSame } from "./isSame.ts";

/**
 * By value: what only one of two lists has, and both states of what is another in the two. Undefined where what both have comes in
 * another order, or twice: which of several comes first may count.
 */
export function differingObjects(
  before: readonly KubeObject[],
  after: readonly KubeObject[],
): readonly KubeObject[] | undefined {
  if (before === after) return [];
  const known = new Map(before.map((object, index) => [keyOf(refOf(object)), { object, index }]));
  if (known.size < before.length) return undefined;
  const found: KubeObject[] = [];
  let last = -1;
  for (const object of after) {
    const key = keyOf(refOf(object));
    const was = known.get(key);
    if (was === undefined) {
      found.push(object);
      continue;
    }
    if (was.index < last) return undefined;
    last = was.index;
    known.delete(key);
    if (!isAlike(was.object, object)) found.push(was.object, object);
  }
  return [...found, ...[...known.values()].map(({ object }) => object)];
}

function isAlike(one: KubeObject, other: KubeObject): boolean {
  return one === other || isSame(whatCounts(one), whatCounts(other));
}

/** Without what an API server counts and no proxy sees, and how a node was when it was last heard of. */
function whatCounts({ metadata, status, ...object }: KubeObject): unknown {
  const { resourceVersion: _, generation: __, uid: ___, managedFields: ____, ...seen } = metadata;
  const addresses = object.kind === "Node" ? (status as Node["status"])?.addresses : undefined;
  return { ...object, metadata: seen, status: addresses ?? status };
}
