import type { Problem } from "@isthmus/core";
import type { Action } from "@isthmus/core/plan";

/** Whether every proxy acknowledged what was written, or had time enough to. */
export type SettledBy = "acknowledgement" | "pause";

/**
 * What an apply reports while it runs; the table, JSON and tests render the same stream.
 * `settling`: traffic is to move next, and the proxies get time, at most so much, to learn what it is to move to; `settled`: they
 * had so much. `reason`: why it is a pause where the plan has an acknowledgement.
 * An action ends in exactly one of done | failed | skipped; noops are not reported.
 */
export type ApplyEvent =
  | { readonly type: "checking"; readonly total: number }
  | { readonly type: "applying"; readonly total: number }
  | { readonly type: "settling"; readonly by: SettledBy; readonly milliseconds: number; readonly reason?: string }
  | { readonly type: "settled"; readonly by: SettledBy; readonly milliseconds: number; readonly reason?: string }
  | { readonly type: "done"; readonly action: Action }
  | { readonly type: "failed"; readonly action: Action; readonly problem: Problem }
  | { readonly type: "skipped"; readonly action: Action; readonly problem: Problem }
  | { readonly type: "finished"; readonly done: number; readonly failed: number; readonly skipped: number };
