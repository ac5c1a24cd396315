import { afterPlan, type Intents, type Observed, pathEffects } from "@isthmus/core";
import type { PlanView } from "./render/plan.ts";
import { writesOf } from "./render/planData.ts";

/** With what the plan does to the declared paths; nothing is traced where it does nothing. */
export function withEffects<T extends PlanView & { readonly intents: Intents; readonly observed: Observed }>(
  mesh: T,
): T {
  const { intents, observed, plan, paths } = mesh;
  if (writesOf(plan) === 0) return mesh;
  return { ...mesh, effects: pathEffects({ intents, paths, before: observed, after: afterPlan(observed, plan) }) };
}
