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

/** What a plan does to each declared path, by a trace of now and of then; one that writes nothing leaves them as they are. */
export function planEffects({ intents, compiled, observed, plan }: PlannedMesh): readonly PathEffect[] {
  const writes = plan.actions.some(({ verb }) => verb !== "noop");
  const after = writes ? afterPlan(observed, plan) : observed;
  return pathEffects({ intents, paths: compiled.paths, before: observed, after });
}
