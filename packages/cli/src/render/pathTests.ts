import { showPlace } from "@isthmus/core";
import type { PathTestExample, PathTestResult, PathTestVerdict, PathTestWire } from "@isthmus/core/pathTest";
import { totalsOf } from "./pathTestsData.ts";
import type { Style } from "./style.ts";
import { lineText } from "./terminalText.ts";
import { renderBranch } from "./trace.ts";

export function renderPathTests(results: readonly PathTestResult[], style: Style): string {
  return results.map((each) => renderPathTest(each, style)).join("") + renderPathTestSummary(results, style);
}

/** One line for what passes; for the rest why, the request that decides, and its way hop by hop. */
export function renderPathTest(result: PathTestResult, style: Style): string {
  const { test, verdict, why, counts, example, others } = result;
  const all = counts.met + counts.unmet + counts.untold;
  const line = `${mark(verdict, style)} ${style.strong(lineText(test.name))}`;
  const wire = result.wire === undefined ? "" : renderWire(result.wire, style);
  if (verdict === "pass") return `${line}${style.faint(all === 1 ? "" : `  ${all} requests`)}\n${wire}`;
  return [
    `${line}  ${style.accent(showPlace(test.at))}\n`,
    ...descriptionLines(test.description).map((each) => `    ${style.faint(each)}\n`),
    ...(example === undefined ? [`    ${lineText(why)}\n`] : [renderExample(example, why, style)]),
    ...(others.length === 0
      ? []
      : [`    also ${lineText(others.slice(0, 9).join("; "))}${others.length > 9 ? "; and more" : ""}\n`]),
    ...(verdict === "fail" && all > 1
      ? [style.faint(`    of ${all} requests ${counts.met} get what is expected of one\n`)]
      : []),
    wire,
  ].join("");
}

function descriptionLines(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.trimEnd().split("\n").map(lineText);
}

/** What differs, a line each, and what was not called. */
function renderWire({ calls, left, differs }: PathTestWire, style: Style): string {
  const counts = [`${calls} called`, ...Object.entries(left).map(([why, count]) => `${count} not: ${why}`)];
  const lines = differs.map(
    ({ caller, url, paper, wire }) =>
      `    ${style.error("≠")} ${lineText(`${caller} → ${url}`)}\n        on paper  ${lineText(paper)}\n        on wire   ${lineText(wire)}\n`,
  );
  return `    ${style.faint(counts.join("; "))}\n${lines.join("")}`;
}

function renderExample({ caller, url, trace, branch: index }: PathTestExample, why: string, style: Style): string {
  const branch = trace.branches[index];
  const way = branch === undefined ? "" : renderBranch(branch, style).replace(/^(?=.)/gm, "    ");
  return `    ${style.strong(lineText(`${caller} → ${trace.request.method} ${url}`))}\n    ${lineText(why)}\n${way}`;
}

function mark(verdict: PathTestVerdict, style: Style): string {
  switch (verdict) {
    case "pass":
      return style.good("✔");
    case "fail":
      return style.error("✖");
    case "untold":
      return style.warning("?");
  }
}

/** `5 tests: 3 passed, 1 failed, 1 cannot be told.` */
export function renderPathTestSummary(results: readonly PathTestResult[], style: Style): string {
  const { tests, pass, fail, untold, wire } = totalsOf(results);
  const parts = [
    ...(pass > 0 ? [`${pass} passed`] : []),
    ...(fail > 0 ? [`${fail} failed`] : []),
    ...(untold > 0 ? [`${untold} cannot be told`] : []),
    ...(wire > 0 ? [`of ${wire} the wire differs`] : []),
  ];
  const text = `\n${tests} ${tests === 1 ? "test" : "tests"}: ${parts.join(", ")}.\n`;
  if (fail > 0 || wire > 0) return style.error(text);
  return untold > 0 ? style.warning(text) : style.good(text);
}
