import type { ActionVerb } from "@isthmus/core/plan";
import type { Written } from "../writeTeller.ts";
import { renderElapsed } from "./elapsed.ts";
import type { Style } from "./style.ts";

/** The last word of an apply: what was written in how long (milliseconds), or what is left to do. */
export function renderOutcome(
  written: readonly Written[],
  { elapsed, dryRun = false }: { readonly elapsed: number; readonly dryRun?: boolean },
  style: Style,
): string {
  const count = (verb: ActionVerb) =>
    written.filter(({ action, result }) => result === "done" && action.verb === verb).length;
  const failed = written.filter(({ result }) => result === "failed").length;
  const skipped = written.filter(({ result }) => result === "skipped").length;
  const time = `in ${renderElapsed(elapsed)}`;
  if (failed + skipped > 0) {
    const done = written.length - failed - skipped;
    const what = dryRun ? "would be accepted" : "applied";
    const parts = [`${done} of ${written.length} changes ${what} ${time}`, `${failed} failed`, `${skipped} skipped`];
    return `${style.error(parts.join(", "))}.\n`;
  }
  if (dryRun) return `${style.good("Every change would be accepted")} (checked ${time}). Nothing was applied.\n`;
  const parts = [`${count("create")} created`, `${count("update")} updated`, `${count("delete")} deleted`];
  return `${style.good("Applied")} ${time}: ${parts.join(", ")}.\n`;
}
