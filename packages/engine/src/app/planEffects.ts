import { afterPlan, writesOf } from "@isthmus/core/plan";
import { type PathEffect, pathEffects } from "@isthmus/core/trace";
import type { PlannedMesh } from "./planMesh.ts";

/**
 * What a plan does to each path, by a trace of now and of then; one that writes nothing leaves them as they are. A path that is not
 * asked about is told of where the plan moves it all the same.
 */
export function planEffects({
  intents,
  paths,
  compiled,
  observed,
  plan,
}: Pick<PlannedMesh, "intents" | "paths" | "compiled" | "observed" | "plan">): readonly PathEffect[] {
  const after = writesOf(plan) > 0 ? afterPlan(observed, plan) : observed;
  const asked = new Set(paths);
  const effects = pathEffects({ intents, paths: compiled.paths, before: observed, after });
  return effects.filter(({ path, kind }) => asked.has(path) || !untouched.has(kind));
}

const untouched: ReadonlySet<PathEffect["kind"]> = new Set(["keeps", "leaves broken", "unclear"]);
