import { type Problem, severityOf } from "@isthmus/core";

/** Whether a problem kept something from being seen or done: an error, or a delay. */
export function isPartial(problems: readonly Problem[]): boolean {
  return problems.some((problem) => severityOf(problem) !== "warning");
}
