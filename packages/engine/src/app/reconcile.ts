import { hasErrors, type Problem } from "@isthmus/core";
import { type PlanLosses, planLosses, writesOf } from "@isthmus/core/plan";
import type { PathEffect } from "@isthmus/core/trace";
import type { ApplyEvent } from "../apply/applyEvent.ts";
import { applyPlan } from "../apply/applyPlan.ts";
import type { CallOptions } from "../target/target.ts";
import { type AllowedPlans, planAlarm } from "./planAlarm.ts";
import { planEffects } from "./planEffects.ts";
import type { PlannedMesh } from "./planMesh.ts";

export interface ReconcileOptions extends Partial<AllowedPlans>, CallOptions {
  /** Only ask the clusters whether they would take the writes. */
  readonly dryRun?: boolean;
  /** Milliseconds that the proxies get at most to acknowledge the last writes as well; none unless set. */
  readonly thenSettle?: number;
  /**
   * Asked once before anything is written, also where there is an alarm. Without it there is nobody to ask: an alarm stops,
   * and everything else goes on.
   */
  readonly approve?: (judged: JudgedMesh) => Promise<boolean>;
}

/** A planned mesh with what applying would do. */
export interface JudgedMesh extends PlannedMesh {
  readonly effects: readonly PathEffect[];
  readonly losses: PlanLosses;
  /** Why the plan looks like a mistake: MASS_DELETE, PATH_WOULD_BREAK. */
  readonly alarm: Problem | undefined;
}

/** First what would be done, then either why nothing is, or how it goes. */
export type ReconcileEvent =
  | { readonly type: "planned"; readonly mesh: JudgedMesh }
  | { readonly type: "stopped"; readonly because: "problems" | "nothing to write" | "not approved" }
  | ApplyEvent;

/**
 * Carries out what `planMesh` or `recheckSavedPlan` found, where it may be carried out. Level-triggered: whatever an earlier
 * turn left undone, this one does. The command line runs it once, and asks; a controller runs it after every change.
 */
export async function* reconcile(
  planned: PlannedMesh,
  { maxDelete, allowBrokenPaths = false, dryRun = false, thenSettle = 0, approve, signal }: ReconcileOptions = {},
): AsyncGenerator<ReconcileEvent, void, undefined> {
  const effects = planEffects(planned);
  const losses = planLosses(planned.intents, planned.plan, planned.observed);
  const alarm = planAlarm({ ...planned, effects }, { allowBrokenPaths, ...(maxDelete && { maxDelete }) });
  const mesh: JudgedMesh = { ...planned, effects, losses, alarm };
  yield { type: "planned", mesh };
  if (hasErrors(mesh.problems) || (alarm !== undefined && approve === undefined)) {
    yield { type: "stopped", because: "problems" };
  } else if (writesOf(mesh.plan) === 0) {
    yield { type: "stopped", because: "nothing to write" };
  } else if (approve !== undefined && !(await approve(mesh))) {
    yield { type: "stopped", because: "not approved" };
  } else {
    yield* applyPlan(mesh.plan, mesh.targets, { dryRun, thenSettle, ...(signal === undefined ? {} : { signal }) });
  }
}
