import { makeProblem, type Problem, say } from "@isthmus/core";
import type { IntermediateStatus, RenewEvent } from "@isthmus/engine";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";

export function renderIntermediates(statuses: readonly IntermediateStatus[], style: Style): string {
  const rows = statuses.map((status) => [
    status.cluster,
    stateText(status, style),
    status.notAfter?.slice(0, 10) ?? "-",
  ]);
  return renderTable(["CLUSTER", "INTERMEDIATE", "UNTIL"], rows, style);
}

/** Says what happens, and what is waited for as soon as that is something else. */
export function intermediateNews(style: Style): (event: RenewEvent) => string {
  const done = style.good("✔");
  const waiting = new Set<string>();
  return (event) => {
    if (event.type === "renewed") return `  ${done} ${event.cluster}: Secret cacerts has a new intermediate\n`;
    return event.statuses
      .map(({ cluster, state, behind }) => {
        if (state === "written" && !waiting.has(cluster)) {
          waiting.add(cluster);
          return style.faint(
            `  ${cluster}: waiting for ${behind.join(", ") || "istiod"} to take over what Secret cacerts holds\n`,
          );
        }
        const isDone = state === "fresh" && waiting.delete(cluster);
        return isDone ? `  ${done} ${cluster}: istiod works with the new intermediate\n` : "";
      })
      .join("");
  };
}

function stateText({ state, behind }: IntermediateStatus, style: Style): string {
  switch (state) {
    case "fresh":
      return style.good("in use");
    case "due":
      return style.warning("to be renewed");
    case "written":
      return style.warning(`not yet in ${behind.join(", ") || "istiod"}`);
  }
}

export function intermediateProblems(statuses: readonly IntermediateStatus[]): readonly Problem[] {
  const open = statuses.filter(({ state }) => state !== "fresh").map(({ cluster }) => cluster);
  if (open.length === 0) return [];
  return [
    makeProblem({
      code: "ROTATION_WAITS",
      at: { thing: open.join(", ") },
      message: say`intermediates of ${{ open }} are not renewed yet`,
      hint: "Run `isthmus ca rotate intermediates` again: it goes on from here.",
    }),
  ];
}
