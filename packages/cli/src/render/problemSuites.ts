import type { Problem } from "@isthmus/core";
import type { TestCase, TestSuite } from "./junit.ts";

/** A suite of what is wrong: an error is a failure, what is pending an error. Warnings are left out. */
export function problemSuites(problems: readonly Problem[]): readonly TestSuite[] {
  const grave = problems.filter(({ severity }) => severity !== "warning");
  return grave.length === 0 ? [] : [{ name: "problems", cases: grave.map(problemCase) }];
}

function problemCase({ code, at, message, hint, severity }: Problem): TestCase {
  const fault = { text: hint === "" ? message : `${message}\n${hint}`, type: code };
  return {
    name: at === "" ? code : at,
    classname: code,
    ...(severity === "error" ? { failure: fault } : { error: fault }),
  };
}
