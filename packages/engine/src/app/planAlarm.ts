import type { Compiled, Observed, Problem } from "@isthmus/core";
import { type DeleteLimit, massDelete, type Plan } from "@isthmus/core/plan";
import { brokenPaths, type PathEffect } from "@isthmus/core/trace";

/** What may be done although it looks like a mistake. */
export interface AllowedPlans {
  /** How much may be deleted unasked; half of what we own unless set. */
  readonly maxDelete?: DeleteLimit;
  /** Break a declared path that works now. */
  readonly allowBrokenPaths: boolean;
}

/**
 * Why a plan must not be applied without a question: MASS_DELETE, PATH_WOULD_BREAK.
 */
export function planAlarm(
  {
    plan,
    observed,
    compiled,
    effects = [],
  }: {
    readonly plan: Plan;
    readonly observed: Observed;
    readonly compiled?: Pick<Compiled, "unproven">;
    readonly effects?: readonly PathEffect[] | undefined;
  },
  { maxDelete, allowBrokenPaths }: AllowedPlans,
): Problem | undefined {
  const deletes = massDelete(plan, observed, compiled, maxDelete);
  return deletes ?? (allowBrokenPaths ? undefined : brokenPaths(effects));
}
