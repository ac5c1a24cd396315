import {
  type Compiled,
  compile,
  hasErrors,
  type Intents,
  type Observed,
  type PathEffect,
  type Plan,
  type PlanOptions,
  type Problem,
  plan,
} from "@isthmus/core";
import type { ApplyEvent } from "./apply/applyEvent.ts";
import { applyPlan } from "./apply/applyPlan.ts";
import { type ObserveOptions, observe } from "./observe/observe.ts";
import { type AllowedPlans, planAlarm } from "./planAlarm.ts";
import { planEffects } from "./planEffects.ts";
import type { Target } from "./target/target.ts";

export interface DeclaredMesh {
  readonly intents: Intents;
  /** One for each declared cluster, as `openTargets` gives them. */
  readonly targets: ReadonlyMap<string, Target>;
}

/** What is wanted, what there is, and what leads from one to the other. */
export interface Prepared {
  readonly observed: Observed;
  readonly compiled: Compiled;
  readonly plan: Plan;
  /** Of all steps, in their order. While there is an error among them, nothing must be applied. */
  readonly problems: readonly Problem[];
}

export interface PrepareOptions extends PlanOptions, ObserveOptions {}

/** Observes, compiles and plans. Writes nothing; throws only the reason of an aborted `signal`. */
export async function preparePlan({ intents, targets }: DeclaredMesh, options: PrepareOptions): Promise<Prepared> {
  const { observed, problems: unseen } = await observe(targets, options);
  const compiled = compile(intents, observed);
  const planned = plan(compiled, observed, options);
  return {
    observed,
    compiled,
    plan: planned.plan,
    problems: [...unseen, ...compiled.problems, ...planned.problems],
  };
}

export interface ReconcileOptions extends PrepareOptions, AllowedPlans {}

/** First what was prepared and what it does to declared paths (absent where it writes nothing), then, where it may be applied, how that goes. */
export type ReconcileEvent =
  | { readonly type: "prepared"; readonly prepared: Prepared; readonly effects: readonly PathEffect[] }
  | ApplyEvent;

/**
 * One turn of the pipeline: observe, compile, plan, apply. Level-triggered: whatever an earlier turn left undone, this one
 * does. It ends after `prepared` where there is an error among the problems, MASS_DELETE and PATH_WOULD_BREAK included.
 */
export async function* reconcile(
  mesh: DeclaredMesh,
  options: ReconcileOptions,
): AsyncGenerator<ReconcileEvent, void, undefined> {
  const found = await preparePlan(mesh, options);
  const effects = planEffects({ intents: mesh.intents, ...found });
  const alarm = planAlarm({ ...found, effects }, options);
  const prepared = alarm === undefined ? found : { ...found, problems: [...found.problems, alarm] };
  yield { type: "prepared", prepared, effects };
  if (hasErrors(prepared.problems)) return;
  yield* applyPlan(prepared.plan, mesh.targets, options.signal === undefined ? {} : { signal: options.signal });
}
