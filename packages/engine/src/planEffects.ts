import {
  afterPlan,
  type Compiled,
  type Intents,
  type Observed,
  type PathEffect,
  type Plan,
  pathEffects,
} from "@isthmus/core";

export interface PlannedMesh {
  readonly intents: Intents;
  readonly compiled: Pick<Compiled, "paths">;
  readonly observed: Observed;
  readonly plan: Plan;
}

/** What a plan does to each declared path, by a trace of now and of then; undefined where it writes nothing at all. */
export function planEffects({ intents, compiled, observed, plan }: PlannedMesh): readonly PathEffect[] | undefined {
  if (plan.actions.every(({ verb }) => verb === "noop")) return undefined;
  return pathEffects({ intents, paths: compiled.paths, before: observed, after: afterPlan(observed, plan) });
}
