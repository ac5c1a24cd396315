import { type Compiled, type CompileState, type Intents, keepEqual, type Observed, recompiling } from "@isthmus/core";
import { type PlanOptions, type PlanState, replan } from "@isthmus/core/plan";
import { retracing, type TraceState } from "@isthmus/core/trace";

/** What a process that stays knows: what is declared and observed, and all that follows from it. */
export interface KeptMesh {
  readonly world: KeptWorld;
  readonly compile: CompileState;
  /** With the owners that are refused among those held. */
  readonly compiled: Compiled;
  readonly plan: PlanState;
  /** Of the declared paths, as the clusters are now. */
  readonly traces: TraceState;
}

export interface KeptWorld {
  readonly intents: Intents;
  readonly observed: Observed;
  /** Owner -> why, of declarations with an error: what they have stays as it is. */
  readonly refused: ReadonlyMap<string, string>;
}

/**
 * What `planMesh` and `tracePaths` give, from what was known before: only what a change meets is done anew. In steps, each as long as
 * one declaration or path takes, or the plan; between them others may have their turn.
 */
export function* keepingMesh(
  previous: KeptMesh | undefined,
  world: KeptWorld,
  options: PlanOptions,
): Generator<void, KeptMesh> {
  const { intents, observed, refused } = world;
  const compile = yield* recompiling(previous?.compile, intents, observed);
  const held = keepEqual(previous?.compiled.held, new Map([...compile.compiled.held, ...refused]));
  const compiled = { ...compile.compiled, held };
  yield;
  const plan = replan(previous?.plan, compiled, observed, options);
  yield;
  const traces = yield* retracing(previous?.traces, { intents, paths: compiled.paths, observed });
  return { world, compile, compiled, plan, traces };
}
