import { type Problem, severityOf } from "@isthmus/core";

/** What the process ends with. `diff`, `plan --detailed-exitcode` and `verify` tell by it what they found. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  /** `diff`: there are differences. */
  different: 1,
  /** `verify`: a path does not stand. */
  broken: 1,
  /** `plan --detailed-exitcode`: there are changes. */
  changes: 2,
  /** 128 + SIGINT. */
  interrupted: 130,
} as const;

/** The code for a command that could not do its work; 2 where 1 is already an answer. */
export function failureCode(command: string): number {
  return command === "diff" || command === "verify" ? 2 : exitCodes.failed;
}

/** Whether a problem kept something from being seen or done: an error, or a delay. */
export function isPartial(problems: readonly Problem[]): boolean {
  return problems.some((problem) => severityOf(problem) !== "warning");
}
