import { type PlannedMesh, planEffects } from "@isthmus/engine";
import type { PlanView } from "./render/plan.ts";

/** With what the plan does to the declared paths. */
export function withEffects<T extends PlanView & PlannedMesh>(mesh: T): T {
  return { ...mesh, effects: planEffects(mesh) };
}
