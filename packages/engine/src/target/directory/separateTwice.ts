import { isOurs, keyOf, makeProblem, type Problem, refOf, say, showPlace, showRef } from "@isthmus/core";
import { type UnreadableObject, unreadableOf } from "@isthmus/core/shape";
import type { Manifest } from "./manifest.ts";

/**
 * Manifests of the same object count once where they are equal; where they differ nobody can say which of them its cluster has.
 * One of ours has to be there once: a write changes one file.
 */
export function separateTwice(all: readonly Manifest[]): {
  readonly manifests: readonly Manifest[];
  readonly unreadable: readonly UnreadableObject[];
  readonly findings: readonly Problem[];
} {
  const byKey = new Map<string, [Manifest, ...Manifest[]]>();
  for (const manifest of all) {
    const key = keyOf(refOf(manifest.object));
    const others = byKey.get(key);
    if (others === undefined) byKey.set(key, [manifest]);
    else others.push(manifest);
  }
  const groups = [...byKey.values()];
  const twice = groups.filter(isAmbiguous);
  return {
    manifests: groups.filter((group) => !isAmbiguous(group)).map(([first]) => first),
    unreadable: twice.map(([{ object, at }]) =>
      unreadableOf(refOf(object), object, `it is there twice, first at ${showPlace(at)}`),
    ),
    findings: twice.flatMap((group) => findingsOf(group)),
  };
}

function isAmbiguous([first, ...others]: readonly [Manifest, ...Manifest[]]): boolean {
  if (others.length > 0 && isOurs(first.object)) return true;
  return others.some(({ object }) => object.metadata.resourceVersion !== first.object.metadata.resourceVersion);
}

function findingsOf([first, ...others]: readonly [Manifest, ...Manifest[]]): readonly Problem[] {
  return others.map(({ object, at }) =>
    makeProblem({
      code: "OBJECT_TWICE",
      at,
      message: say`${{ object: showRef(refOf(object)) }} is there twice; first at ${{ at: showPlace(first.at) }}, and which of them counts cannot be told`,
      hint: "Keep one; of a base and its overlays, name the directory of one that is rendered.",
    }),
  );
}
