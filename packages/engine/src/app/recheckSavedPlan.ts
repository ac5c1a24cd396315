import { compile } from "@isthmus/core";
import { checkOutdated, checkStale, type Plan, recheckPlan, type SavedPlan } from "@isthmus/core/plan";
import { type ObserveOptions, type ObserveResult, observe } from "../observe/observe.ts";
import type { Target } from "../target/target.ts";
import { pasteableHints } from "./pasteableHints.ts";
import type { PlannedMesh } from "./planMesh.ts";

export interface RecheckOptions extends ObserveOptions {
  /** Take over objects of the same name that are not ours. */
  readonly adopt: boolean;
}

/**
 * A saved plan as it may be carried out now. Whatever moved since it was made is a problem (PLAN_STALE), be it an object that it
 * knows or something that its objects were made of, as is a cluster that it writes to and that cannot be read, and each error
 * that a new plan would have. What the file says of live objects is not believed: whether they are ours, and what changes in
 * them, is looked up (`recheckPlan`).
 */
export async function recheckSavedPlan(
  { plan: saved, intents }: SavedPlan,
  targets: ReadonlyMap<string, Target>,
  { adopt, ...options }: RecheckOptions,
): Promise<PlannedMesh> {
  const { observed, problems } = await observeFor(saved, targets, options);
  const compiled = compile(intents, observed);
  const { addressPool } = intents.mesh.spec;
  const { plan, problems: untrue } = recheckPlan(saved, observed, { adopt, addressPool });
  // What is pending or a warning was so when the plan was looked at, or it is stale; an error there was none of.
  const wrong = compiled.problems.filter(({ severity }) => severity === "error");
  const stale = checkStale(saved, observed);
  // An object that was changed itself is told once.
  const isTold = new Set(stale.map(({ at }) => at));
  const moved = [...stale, ...checkOutdated(saved, compiled, observed).filter(({ at }) => !isTold.has(at))];
  return {
    ...{ plan, intents, compiled, observed, targets },
    unseen: problems,
    problems: pasteableHints([...problems, ...wrong, ...moved, ...untrue], intents.clusters),
    paths: compiled.paths,
    held: compiled.held,
  };
}

/** Clusters that the plan has nothing to do in are read for the sake of traces only: whether they can be is no matter here. */
async function observeFor(
  plan: Plan,
  targets: ReadonlyMap<string, Target>,
  options: ObserveOptions,
): Promise<ObserveResult> {
  const used = new Set(plan.actions.map(({ cluster }) => cluster));
  const some = (isUsed: boolean) =>
    observe(new Map([...targets].filter(([name]) => used.has(name) === isUsed)), options);
  const [written, others] = await Promise.all([some(true), some(false)]);
  return {
    observed: {
      clusters: new Map([...written.observed.clusters, ...others.observed.clusters]),
      unreachable: new Map([...written.observed.unreachable, ...others.observed.unreachable]),
    },
    problems: written.problems,
  };
}
