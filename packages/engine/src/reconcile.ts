import {
  type Compiled,
  compile,
  hasErrors,
  type Intents,
  massDelete,
  type Observed,
  type Plan,
  type PlanOptions,
  type Problem,
  plan,
} from "@isthmus/core";
import type { ApplyEvent } from "./apply/applyEvent.ts";
import { applyPlan } from "./apply/applyPlan.ts";
import { type ObserveOptions, observe } from "./observe/observe.ts";
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

export interface ReconcileOptions extends PrepareOptions {
  /** Apply also a plan that deletes more than half of what we own. */
  readonly allowMassDelete: boolean;
}

/** First what was prepared, then, where it may be applied, how that goes. */
export type ReconcileEvent = { readonly type: "prepared"; readonly prepared: Prepared } | ApplyEvent;

/**
 * One turn of the pipeline: observe, compile, plan, apply. Level-triggered: whatever an earlier turn left undone, this one
 * does. It ends after `prepared` where there is an error among the problems, MASS_DELETE included.
 */
export async function* reconcile(
  mesh: DeclaredMesh,
  options: ReconcileOptions,
): AsyncGenerator<ReconcileEvent, void, undefined> {
  const found = await preparePlan(mesh, options);
  const guard = options.allowMassDelete ? undefined : massDelete(found.plan, found.observed);
  const prepared = guard === undefined ? found : { ...found, problems: [...found.problems, guard] };
  yield { type: "prepared", prepared };
  if (hasErrors(prepared.problems)) return;
  yield* applyPlan(prepared.plan, mesh.targets, options.signal === undefined ? {} : { signal: options.signal });
}
