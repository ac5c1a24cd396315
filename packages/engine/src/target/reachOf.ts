import type { Reach } from "../reach.ts";
import type { Target } from "./target.ts";

/** The API servers behind targets, by cluster; directories have none. */
export function reachOf(targets: ReadonlyMap<string, Target>): ReadonlyMap<string, Reach> {
  return new Map(
    [...targets].flatMap(([name, { reach }]): readonly [string, Reach][] =>
      reach === undefined ? [] : [[name, reach]],
    ),
  );
}
