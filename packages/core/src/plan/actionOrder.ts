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

/** The same for actions of one cluster and phase by their keys: what comes by key needs no sorting but by the rank of its kind. */
export function inOrderByKey(actions: ReadonlyMap<string, Action>): readonly Action[] {
  const byRank = new Map<number, Action[]>();
  const ranks = new Map<string, number>();
  let last = "";
  for (const [key, action] of actions) {
    if (key < last) return inOrder([...actions.values()]);
    last = key;
    const { group, kind } = action.ref;
    const rank = ranks.get(`${group}/${kind}`) ?? kindRank(action);
    ranks.set(`${group}/${kind}`, rank);
    const list = byRank.get(rank);
    if (list === undefined) byRank.set(rank, [action]);
    else list.push(action);
  }
  return [...byRank].sort(([a], [b]) => a - b).flatMap(([, list]) => list);
}

/** Actions in order, of one cluster and phase, once those of some keys are gone and others have come. */
export function withChanges(
  actions: readonly Action[],
  gone: Iterable<string>,
  come: readonly Action[],
): readonly Action[] {
  const after = [...actions];
  for (const key of gone) {
    const at = placeAmong(after, key);
    const found = after[at];
    if (found !== undefined && keyOf(found.ref) === key) after.splice(at, 1);
  }
  for (const action of come) after.splice(placeAmong(after, keyOf(action.ref)), 0, action);
  return after;
}

/** Before which of them a key belongs. */
function placeAmong(actions: readonly Action[], key: string): number {
  const [group = "", kind = ""] = key.split("/");
  const rank = writingOf(group, kind)?.order ?? 0;
  let [low, high] = [0, actions.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const action = actions[middle];
    const isBefore = action !== undefined && (kindRank(action) - rank || compareText(keyOf(action.ref), key)) < 0;
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  return low;
}
