import { makeProblem, type Problem, say } from "@isthmus/core";
import { afterPlan, type DeleteLimit, massDelete, type Plan, type PlanGroup } from "@isthmus/core/plan";
import { brokenPaths, effectsBetween, retracing } from "@isthmus/core/trace";
import type { KeptMesh } from "./keepMesh.ts";

/** What of a plan may be carried out without a question. */
export interface AdmittedPlan {
  readonly groups: readonly PlanGroup[];
  /** Owner -> why its writes wait for a person: DECLARATION_VANISHED, MASS_DELETE, PATH_WOULD_BREAK, PATH_WOULD_BE_UNPROVEN. */
  readonly stopped: ReadonlyMap<string, Problem>;
}

export interface AdmitPlanOptions {
  /** Which groups could begin now: of the others nothing is told. */
  readonly isReady: (group: PlanGroup) => boolean;
  /** Groups that are being carried out. */
  readonly running: readonly PlanGroup[];
  /** Owners whose declarations are gone although nobody is known to have deleted them. */
  readonly vanished: (owner: string) => boolean;
  /** How much of theirs may be deleted; nothing unless set. */
  readonly maxDelete?: DeleteLimit;
}

/**
 * Where nobody can be asked, as in a controller: the groups of a plan that look like no mistake. One that would break a declared path which
 * works now, together with those that run and those before it, is stopped, and the others go on. In steps.
 */
export function* admittingPlan(
  kept: KeptMesh,
  groups: readonly PlanGroup[],
  { isReady, running, vanished, maxDelete }: AdmitPlanOptions,
): Generator<void, AdmittedPlan> {
  const stopped = new Map<string, Problem>();
  const stop = (group: PlanGroup, problem: Problem) => {
    for (const owner of group.owners) stopped.set(owner, problem);
  };
  // Of all groups, ready or not: else so many could go in small parts.
  const undeclared = groups.filter((group) => deletes(group) && group.owners.some(vanished));
  const tooMuch = maxDelete && massDelete(planOf(undeclared), kept.world.observed, kept.compiled, maxDelete);
  if (maxDelete === undefined || tooMuch !== undefined) {
    for (const group of undeclared) stop(group, tooMuch ?? vanishedProblem(group));
  }
  const ready = groups.filter((group) => isReady(group) && !group.owners.some((owner) => stopped.has(owner)));
  if ((yield* breaks(kept, [...running, ...ready])) === undefined) return { groups: ready, stopped };
  const admitted: PlanGroup[] = [];
  for (const group of ready) {
    const problem = yield* breaks(kept, [...running, ...admitted, group]);
    if (problem === undefined) admitted.push(group);
    else stop(group, problem);
  }
  return { groups: admitted, stopped };
}

function* breaks(kept: KeptMesh, groups: readonly PlanGroup[]): Generator<void, Problem | undefined> {
  if (groups.length === 0) return undefined;
  const { input, traces } = kept.traces;
  const observed = afterPlan(kept.world.observed, planOf(groups));
  const after = yield* retracing(kept.traces, { ...input, observed });
  return brokenPaths(effectsBetween(traces, after.traces));
}

function planOf(groups: readonly PlanGroup[]): Pick<Plan, "actions"> {
  return { actions: groups.flatMap(({ plan }) => plan.actions) };
}

function deletes({ plan }: PlanGroup): boolean {
  return plan.actions.some(({ verb }) => verb === "delete");
}

function vanishedProblem({ owners, plan }: PlanGroup): Problem {
  const count = plan.actions.filter(({ verb }) => verb === "delete").length;
  return makeProblem({
    code: "DECLARATION_VANISHED",
    at: { thing: owners.join(", ") },
    message: say`${{ owners }} is declared no longer, and nobody is known to have deleted it: its ${{ objects: count }} objects stay`,
    hint: "Declare it again; or, if it is meant to go, start the controller with --max-delete 100%.",
  });
}
