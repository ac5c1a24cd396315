import type { Problem, ProblemCode, Severity } from "@isthmus/core";
import type { Style } from "./style.ts";

const order: Readonly<Record<Severity, number>> = { error: 0, pending: 1, warning: 2 };

/**
 * Problems for people, errors first, each with place and hint, and where to read more:
 *
 *     error[FIELD_UNKNOWN]: unknown field "servedby"
 *       --> mesh.yaml:12:3
 *       did you mean "servedBy"?
 */
export function renderProblems(problems: readonly Problem[], style: Style): string {
  if (problems.length === 0) return "";
  const sorted = problems.toSorted((a, b) => order[a.severity] - order[b.severity]);
  const blocks = sorted.map((problem) => renderProblem(problem, style));
  return `${blocks.join("\n")}\n${renderFooter(sorted, style)}\n`;
}

function renderProblem(problem: Problem, style: Style): string {
  const severity = problem.severity;
  const paint = severity === "error" ? style.error : style.warning;
  const lines = [`${paint(`${severity}[${problem.code}]`)}: ${style.strong(indentRest(problem.message, "  "))}`];
  if (problem.at !== "") lines.push(`  ${style.accent("-->")} ${problem.at}`);
  if (problem.hint !== "") lines.push(`  ${indentRest(problem.hint, "  ")}`);
  return `${lines.join("\n")}\n`;
}

function renderFooter(problems: readonly Problem[], style: Style): string {
  const counts = (["error", "pending", "warning"] as const).flatMap((severity) => {
    const count = problems.filter((problem) => problem.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}${count === 1 || severity === "pending" ? "" : "s"}`];
  });
  const codes = problems.map((problem): ProblemCode => problem.code);
  return style.faint(`${counts.join(", ")}. More: ${explainCommand(codes)}`);
}

/** What explains these codes, or the first of many. */
export function explainCommand(codes: readonly ProblemCode[]): string {
  return `isthmus explain ${[...new Set(codes)].slice(0, 3).join(" ")}`;
}

function indentRest(text: string, indent: string): string {
  return text.replaceAll("\n", `\n${indent}`);
}
