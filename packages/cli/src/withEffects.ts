import { type PlannedMesh, planEffects } from "@isthmus/engine";
import type { PlanView } from "./render/plan.ts";

/** With what the plan does to the declared paths; nothing is traced where it does nothing. */
export function withEffects<T extends PlanView & PlannedMesh>(mesh: T): T {
  const effects = planEffects(mesh);
  return effects === undefined ? mesh : { ...mesh, effects };
}
