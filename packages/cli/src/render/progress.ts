import { showRef } from "@isthmus/core";
import type { Action, ActionVerb } from "@isthmus/core/plan";
import type { ApplyEvent } from "@isthmus/engine";
import type { Style } from "./style.ts";

const past: Readonly<Record<ActionVerb, string>> = {
  create: "created",
  update: "updated",
  delete: "deleted",
  noop: "kept",
};

/** One event of an apply, or of its dry run, as a line; nothing where the final summary says it. */
export function renderEvent(event: ApplyEvent, style: Style, { dryRun = false } = {}): string {
  switch (event.type) {
    case "checking":
      return style.faint(`Checking ${countOf(event.total, "change")} with the clusters …\n`);
    case "applying":
      return style.faint(`Applying ${countOf(event.total, "change")} …\n`);
    case "settling": {
      const seconds = `${event.milliseconds / 1000} s`;
      if (event.by === "acknowledgement") {
        return style.faint(`Waiting until the proxies have it, at most ${seconds} …\n`);
      }
      const why = event.reason === undefined ? "" : ` (what they have cannot be told: ${event.reason})`;
      return style.faint(`Giving the proxies ${seconds} before traffic moves${why} …\n`);
    }
    case "settled":
      return "";
    case "done":
      return `  ${style.good("✔")} ${nameOf(event.action)} ${dryRun ? `${event.action.verb} accepted` : past[event.action.verb]}\n`;
    case "failed":
      return `  ${style.error("✖")} ${nameOf(event.action)}: ${event.problem.message}\n`;
    case "skipped":
      return `  ${style.warning("○")} ${nameOf(event.action)} skipped: ${event.problem.message}\n`;
    case "finished":
      return "";
  }
}

function nameOf(action: Action): string {
  return `${action.cluster} ${showRef(action.ref)}`;
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
