import type { Action, Problem } from "@isthmus/core";
import type { ApplyEvent } from "@isthmus/engine";
import { renderEvent } from "./render/progress.ts";
import type { Session } from "./session.ts";

/** How one write ended. */
export interface Written {
  readonly action: Action;
  readonly result: "done" | "failed" | "skipped";
  readonly problem?: Problem;
}

export interface WriteTeller {
  /** How the writes ended so far. */
  readonly written: readonly Written[];
  /** Milliseconds since the first event. */
  elapsed(): number;
  tell(event: ApplyEvent): void;
}

/** Tells about an apply while it runs. */
export function writeTeller(session: Session, options: { readonly dryRun: boolean }): WriteTeller {
  const written: Written[] = [];
  let start: number | undefined;
  let before: string | undefined;
  return {
    written,
    elapsed: () => performance.now() - (start ?? performance.now()),
    tell: (event) => {
      start ??= performance.now();
      // Owners move beside each other: one line tells it for all.
      if (event.type !== "settling" || before !== "settling") session.note(renderEvent(event, session.err, options));
      before = event.type;
      if (event.type === "done") written.push({ action: event.action, result: "done" });
      if (event.type === "failed" || event.type === "skipped") {
        written.push({ action: event.action, result: event.type, problem: event.problem });
      }
    },
  };
}
