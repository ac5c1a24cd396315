import { afterPlan, writesOf } from "@isthmus/core/plan";
import { type PathEffect, pathEffects } from "@isthmus/core/trace";
import type { PlannedMesh } from "./planMesh.ts";

/** What a plan does to each declared path, by a trace of now and of then; one that writes nothing leaves them as they are. */
export function planEffects({
  intents,
  paths,
  observed,
  plan,
}: Pick<PlannedMesh, "intents" | "paths" | "observed" | "plan">): readonly PathEffect[] {
  const after = writesOf(plan) > 0 ? afterPlan(observed, plan) : observed;
  return pathEffects({ intents, paths, before: observed, after });
}
