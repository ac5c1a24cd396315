import type { Observed } from "../model/index.ts";
import type { Action, Stage, StageEnd } from "./action.ts";
import { ownerGroups } from "./ownerGroups.ts";

/**
 * The order of a plan's writes: each owner's serving side, then its consuming side, then what consumers no longer need, then
 * what servers no longer need. `actions` are in the plan's order.
 */
export function planStages(actions: readonly Action[], observed: Pick<Observed, "clusters">): readonly Stage[] {
  const writes = actions.filter(({ verb }) => verb !== "noop");
  const groupOf = ownerGroups(writes);
  const groups = new Map<string, Action[]>();
  for (const action of writes) {
    const group = groups.get(groupOf(action.owner));
    if (group === undefined) groups.set(groupOf(action.owner), [action]);
    else group.push(action);
  }
  return [...groups.values()].flatMap((group) => groupStages(group, observed));
}

function groupStages(group: readonly Action[], observed: Pick<Observed, "clusters">): readonly Stage[] {
  const owners = [...new Set(group.map(({ owner }) => owner))].sort();
  const parts = partsOf(group);
  let since = new Set<string>();
  return parts.map(({ actions, isAwaited }): Stage => {
    for (const { cluster } of actions) since.add(cluster);
    const then = isAwaited ? endOf(since, observed) : "nothing";
    if (isAwaited) since = new Set();
    return { owners, writes: actions.map(({ cluster, verb, ref }) => ({ cluster, verb, ref })), then };
  });
}

interface Part {
  readonly actions: readonly Action[];
  /** Whether what follows moves traffic along what was written. */
  readonly isAwaited: boolean;
}

/**
 * The API server has what was written, but istiod collects changes before it tells the proxies (PILOT_DEBOUNCE_AFTER, 100 ms,
 * and longer under load), each cluster's for itself: without waiting a consumer can ask for a name that the gateway does not
 * know yet. Where nothing moves, as for a new path, nobody can.
 */
function partsOf(group: readonly Action[]): readonly Part[] {
  const phase = (wanted: Action["phase"]) => group.filter((action) => action.phase === wanted);
  const [serving, consuming, unused, unserved] = [phase(1), phase(2), phase(3), phase(4)];
  const replaces = consuming.some((action) => action.verb === "create" || isRoute(action)) && unused.length > 0;
  const moves = replaces || consuming.some(({ verb }) => verb === "update");
  // A consumer's routes apart from what they lead to: that has to be known before, and until the routes are gone. A proxy that
  // gets both at once may follow the route first, and answers 503 as long as it does not know the cluster.
  const sets: readonly (readonly [readonly Action[], boolean])[] = [
    [serving, moves],
    [consuming.filter((action) => !isRoute(action)), consuming.some(isRoute)],
    [consuming.filter(isRoute), false],
    [unused.filter(isRoute), unused.some((action) => !isRoute(action))],
    [unused.filter((action) => !isRoute(action)), false],
    [unserved, false],
  ];
  const parts = sets.filter(([actions]) => actions.length > 0).map(([actions, isAwaited]) => ({ actions, isAwaited }));
  return parts.map((part, index) => {
    const next = parts[index + 1]?.actions[0]?.phase;
    const endsPhase = next !== part.actions[0]?.phase;
    const movesNext = (next === 3 && replaces) || (next === 4 && moves);
    return { ...part, isAwaited: part.isAwaited || (endsPhase && movesNext) };
  });
}

function isRoute({ ref }: Action): boolean {
  return ref.kind === "VirtualService";
}

/** Directories need no time: no proxy runs there. */
function endOf(names: ReadonlySet<string>, { clusters }: Pick<Observed, "clusters">): StageEnd {
  const live = [...names].flatMap((name) => {
    const cluster = clusters.get(name);
    return cluster?.source === "live" ? [cluster] : [];
  });
  if (live.length === 0) return "nothing";
  return live.every(({ istiodVersions }) => istiodVersions.length > 0) ? "acknowledged" : "pause";
}
