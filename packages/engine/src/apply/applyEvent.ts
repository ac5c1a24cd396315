import type { Action, Problem } from "@isthmus/core";

/**
 * What an apply reports while it runs; the table, JSON and tests render the same stream.
 * `settling`: traffic is to move next, and the proxies get time to learn what it is to move to.
 * An action ends in exactly one of done | failed | skipped; noops are not reported.
 */
export type ApplyEvent =
  | { readonly type: "checking"; readonly total: number }
  | { readonly type: "applying"; readonly total: number }
  | { readonly type: "settling"; readonly milliseconds: number }
  | { readonly type: "done"; readonly action: Action }
  | { readonly type: "failed"; readonly action: Action; readonly problem: Problem }
  | { readonly type: "skipped"; readonly action: Action; readonly problem: Problem }
  | { readonly type: "finished"; readonly done: number; readonly failed: number; readonly skipped: number };
