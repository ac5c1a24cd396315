import { type Problem, showRef } from "@isthmus/core";
import { type Action, type Plan, type PlanStep, planGroups, type Stage } from "@isthmus/core/plan";
import { type Outcome, skipped } from "./outcome.ts";

/** Called when what has to reach the proxies is written; ends when they have it, or should. */
export type Settle = () => Promise<void>;

export interface Writes {
  /** Carries out one action; never rejects. */
  readonly write: (action: Action) => Promise<Outcome>;
  /** Told once for each action. */
  readonly report: (action: Action, outcome: Outcome) => void;
  /** Called before the first write to clusters whose proxies will be waited for, and how. */
  readonly beforeSettling: (clusters: ReadonlySet<string>, then: Stage["then"]) => Promise<Settle>;
}

/** An action that did not go through. */
interface Failure {
  readonly action: Action;
  readonly problem: Problem;
}

/**
 * Carries out a plan's stages: those of an owner one after another, the owners beside each other. Within a stage the clusters
 * go beside each other, and the writes of one cluster one by one. What does not go through stops its cluster's later writes in
 * the stage and the owner's later stages, and nothing else.
 */
export async function writeStages(plan: Plan, writes: Writes): Promise<void> {
  await Promise.all(planGroups(plan).map((group) => writeGroup(group.steps, writes)));
}

async function writeGroup(steps: readonly PlanStep[], writes: Writes): Promise<void> {
  let failure: Failure | undefined;
  let settle: Settle | undefined;
  for (const [index, { actions, then }] of steps.entries()) {
    if (failure === undefined) settle ??= await settleAfter(steps.slice(index), writes);
    const before = failure;
    const chains = groupBy(actions, (action) => action.cluster);
    const failures = await Promise.all(chains.map((chain) => writeChain(chain, before, writes)));
    failure ??= failures.find((candidate) => candidate !== undefined);
    if (failure !== undefined || then === "nothing") continue;
    await settle?.();
    settle = undefined;
  }
}

/** Of the writes up to the next wait, if there is one to come. */
async function settleAfter(steps: readonly PlanStep[], writes: Writes): Promise<Settle | undefined> {
  const last = steps.findIndex(({ then }) => then !== "nothing");
  const then = steps[last]?.then;
  if (then === undefined) return undefined;
  const clusters = steps.slice(0, last + 1).flatMap(({ actions }) => actions.map(({ cluster }) => cluster));
  return writes.beforeSettling(new Set(clusters), then);
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
