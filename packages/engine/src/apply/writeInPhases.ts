import { type Action, ownerGroups, type Problem, showRef } from "@isthmus/core";
import { type Outcome, skipped } from "./outcome.ts";

const phases = [1, 2, 3, 4] as const;

export interface Writes {
  /** Carries out one action; never rejects. */
  readonly write: (action: Action) => Promise<Outcome>;
  /** Told once for each action. */
  readonly report: (action: Action, outcome: Outcome) => void;
  /** Gives the proxies of these clusters time to learn what was written. */
  readonly settle: (clusters: ReadonlySet<string>) => Promise<void>;
}

/** An action that did not go through. */
interface Failure {
  readonly action: Action;
  readonly problem: Problem;
}

/**
 * Writes each owner's actions phase by phase over all clusters, the owners beside each other. Within a phase the clusters
 * go beside each other, and the actions of one cluster one by one in the plan's order. What does not go through stops its
 * cluster's later actions in the phase and the owner's later phases, and nothing else.
 */
export async function writeInPhases(actions: readonly Action[], writes: Writes): Promise<void> {
  const groupOf = ownerGroups(actions);
  const groups = groupBy(actions, (action) => groupOf(action.owner));
  await Promise.all(groups.map((group) => writeGroup(group, writes)));
}

async function writeGroup(actions: readonly Action[], writes: Writes): Promise<void> {
  let failure: Failure | undefined;
  for (const phase of phases) {
    if (failure === undefined && movesTraffic(actions, phase)) {
      await writes.settle(new Set(actions.map(({ cluster }) => cluster)));
    }
    for (const [index, stage] of stagesOf(actions, phase).entries()) {
      if (failure === undefined && index > 0) await writes.settle(new Set(stage.map(({ cluster }) => cluster)));
      const before = failure;
      const chains = groupBy(stage, (action) => action.cluster);
      const failures = await Promise.all(chains.map((chain) => writeChain(chain, before, writes)));
      failure ??= failures.find((candidate) => candidate !== undefined);
    }
  }
}

/**
 * A consumer's routes apart from what they lead to: those have to be known before, and until the routes are gone. A proxy
 * that gets both at once may follow the route first, and answers 503 as long as it does not know the cluster.
 */
function stagesOf(actions: readonly Action[], phase: Action["phase"]): readonly (readonly Action[])[] {
  const all = actions.filter((action) => action.phase === phase);
  if (phase !== 2 && phase !== 3) return [all];
  const [routes, rest] = [all.filter(isRoute), all.filter((action) => !isRoute(action))];
  return (phase === 2 ? [rest, routes] : [routes, rest]).filter((stage) => stage.length > 0);
}

function isRoute({ ref }: Action): boolean {
  return ref.kind === "VirtualService";
}

/**
 * Whether a phase would move or cut traffic that goes along what earlier phases changed. The API server has it then, but
 * istiod collects changes before it tells the proxies (PILOT_DEBOUNCE_AFTER, 100 ms, and longer under load), each cluster's
 * for itself: without a pause a consumer can ask for a name that the gateway does not know yet.
 */
function movesTraffic(actions: readonly Action[], phase: Action["phase"]): boolean {
  const has = (wanted: Action["phase"], verb?: Action["verb"]) =>
    actions.some((action) => action.phase === wanted && (verb === undefined || action.verb === verb));
  const reroutes = actions.some((action) => action.phase === 2 && isRoute(action));
  const replaces = (has(2, "create") || reroutes) && has(3);
  const moves = has(2, "update") || replaces;
  switch (phase) {
    case 2:
      return has(1) && moves;
    case 3:
      return replaces;
    case 4:
      return has(4) && moves;
    default:
      return false;
  }
}

async function writeChain(
  actions: readonly Action[],
  before: Failure | undefined,
  { write, report }: Writes,
): Promise<Failure | undefined> {
  let failure = before;
  for (const action of actions) {
    const outcome = failure === undefined ? await write(action) : waiting(action, failure);
    report(action, outcome);
    if (outcome.type !== "done") failure ??= { action, problem: outcome.problem };
  }
  return failure;
}

function waiting(action: Action, { action: first, problem }: Failure): Outcome {
  const why = `it needs ${showRef(first.ref)} in ${first.cluster}, which did not go through (${problem.code}: ${problem.message})`;
  const hint = problem.hint === "" ? "fix that, then apply again" : `${problem.hint}; then apply again`;
  return skipped(action, why, hint);
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
