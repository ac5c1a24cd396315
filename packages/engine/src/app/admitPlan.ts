import type { Problem } from "@isthmus/core";
import { afterPlan, type DeleteLimit, massDelete, type Plan, type PlanGroup } from "@isthmus/core/plan";
import { brokenPaths, effectsBetween, retracing } from "@isthmus/core/trace";
import type { KeptMesh } from "./keepMesh.ts";

/** What of a plan may be carried out without a question. */
export interface AdmittedPlan {
  readonly groups: readonly PlanGroup[];
  /** Owner -> why its writes wait for a person: MASS_DELETE, PATH_WOULD_BREAK, PATH_WOULD_BE_UNPROVEN. */
  readonly stopped: ReadonlyMap<string, Problem>;
}

export interface AdmitPlanOptions {
  /** Owners whose objects somebody asked to delete, by deleting what declares them. */
  readonly goners?: ReadonlySet<string>;
  /** How much else may be deleted; half of what we own unless set. */
  readonly maxDelete?: DeleteLimit;
}

/**
 * Where nobody can be asked, as in a controller: the groups of a plan that look like no mistake. One that would break a declared path which
 * works now is stopped, and the others go on; where only several together would break one, all of them are. In steps.
 */
export function* admittingPlan(
  kept: KeptMesh,
  groups: readonly PlanGroup[],
  { goners = new Set(), maxDelete }: AdmitPlanOptions = {},
): Generator<void, AdmittedPlan> {
  const stopped = new Map<string, Problem>();
  const stop = (group: PlanGroup, problem: Problem) => {
    for (const owner of group.owners) stopped.set(owner, problem);
  };
  let admitted = groups;
  const unasked = groups.filter(({ owners }) => !owners.every((owner) => goners.has(owner)));
  const tooMuch = massDelete(planOf(unasked), kept.world.observed, kept.compiled, maxDelete);
  if (tooMuch !== undefined) {
    for (const group of unasked.filter(deletes)) stop(group, tooMuch);
    admitted = groups.filter((group) => !unasked.includes(group) || !deletes(group));
  }
  if ((yield* breaks(kept, admitted)) === undefined) return { groups: admitted, stopped };
  const alone: PlanGroup[] = [];
  for (const group of admitted) {
    const problem = yield* breaks(kept, [group]);
    if (problem === undefined) alone.push(group);
    else stop(group, problem);
  }
  const together = yield* breaks(kept, alone);
  if (together === undefined) return { groups: alone, stopped };
  for (const group of alone) stop(group, together);
  return { groups: [], stopped };
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
