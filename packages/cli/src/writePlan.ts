import type { Action, Plan, Problem } from "@isthmus/core";
import { applyPlan, type Target } from "@isthmus/engine";
import { renderEvent } from "./render/progress.ts";
import type { Session } from "./session.ts";

/** How one write ended. */
export interface Written {
  readonly action: Action;
  readonly result: "done" | "failed" | "skipped";
  readonly problem?: Problem;
}

/** Carries a plan out and tells about it while it runs. */
export async function writePlan(
  session: Session,
  plan: Plan,
  targets: ReadonlyMap<string, Target>,
  options: { readonly dryRun: boolean },
): Promise<readonly Written[]> {
  const written: Written[] = [];
  let before: string | undefined;
  for await (const event of applyPlan(plan, targets, { signal: session.signal, dryRun: options.dryRun })) {
    // Owners move beside each other: one line tells it for all.
    if (event.type !== "settling" || before !== "settling") session.note(renderEvent(event, session.err, options));
    before = event.type;
    if (event.type === "done") written.push({ action: event.action, result: "done" });
    if (event.type === "failed" || event.type === "skipped") {
      written.push({ action: event.action, result: event.type, problem: event.problem });
    }
  }
  return written;
}
