import type { Problem } from "@isthmus/core";
import type { Action } from "@isthmus/core/plan";
import type { ApplyEvent } from "@isthmus/engine";
import { renderEvent } from "./render/progress.ts";
import type { Session } from "./session.ts";

/** How one write ended. */
export interface Written {
  readonly action: Action;
  readonly result: "done" | "failed" | "skipped";
  readonly problem?: Problem;
}

/** How long the proxies had before traffic moved, and whether they acknowledged what was written. */
export type Wait = Omit<Extract<ApplyEvent, { readonly type: "settled" }>, "type">;

export interface WriteTeller {
  /** How the writes ended so far. */
  readonly written: readonly Written[];
  readonly waits: readonly Wait[];
  /** Milliseconds since the first event. */
  elapsed(): number;
  tell(event: ApplyEvent): void;
}

/** Tells about an apply while it runs. */
export function writeTeller(session: Session, options: { readonly dryRun: boolean }): WriteTeller {
  const written: Written[] = [];
  const waits: Wait[] = [];
  let start: number | undefined;
  let before: string | undefined;
  return {
    written,
    waits,
    elapsed: () => performance.now() - (start ?? performance.now()),
    tell: (event) => {
      start ??= performance.now();
      const line = renderEvent(event, session.err, options);
      // Owners move beside each other: one line tells it for all.
      if (line !== before) session.note(line);
      if (line !== "") before = line;
      if (event.type === "settled") {
        const { type: _type, milliseconds, ...wait } = event;
        waits.push({ ...wait, milliseconds: Math.round(milliseconds) });
      }
      if (event.type === "done") written.push({ action: event.action, result: "done" });
      if (event.type === "failed" || event.type === "skipped") {
        written.push({ action: event.action, result: event.type, problem: event.problem });
      }
    },
  };
}
