import { keyOf, writingOf } from "../kinds/index.ts";
import type { Action } from "./action.ts";

/** Among the kinds of one phase. */
export function kindRank({ ref, phase }: Action): number {
  const rank = writingOf(ref.group, ref.kind)?.order ?? 0;
  return phase >= 3 ? -rank : rank;
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** By phase, cluster, kind (removals in the reverse order of additions), key: never by the order of the input. */
export function inOrder(actions: readonly Action[]): readonly Action[] {
  return actions
    .map((action) => ({ action, rank: kindRank(action), key: keyOf(action.ref) }))
    .sort(
      (left, right) =>
        left.action.phase - right.action.phase ||
        compareText(left.action.cluster, right.action.cluster) ||
        left.rank - right.rank ||
        compareText(left.key, right.key),
    )
    .map(({ action }) => action);
}
