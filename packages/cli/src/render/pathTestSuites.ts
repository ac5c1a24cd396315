import { showPlace } from "@isthmus/core";
import type { PathTestResult } from "@isthmus/core/pathTest";
import type { TestCase, TestSuite } from "./junit.ts";
import { findingsOf } from "./pathTestFinding.ts";

/** A suite for each PathTestSuite, and for each PathTest. What cannot be told is an error: it was not looked at. */
export function pathTestSuites(results: readonly PathTestResult[]): readonly TestSuite[] {
  const names = [...new Set(results.map(({ test }) => test.suite))];
  return names.map((name) => ({
    name,
    cases: results.filter(({ test }) => test.suite === name).map(testCase),
  }));
}

function testCase(result: PathTestResult): TestCase {
  const { test, assumes } = result;
  const found = findingsOf(result);
  const [first] = found;
  const fault = first && {
    type: first.code,
    text: [...found.map(({ text }) => text), showPlace(test.at)].join("\n"),
  };
  return {
    name: test.name,
    classname: test.suite,
    ...(fault === undefined ? {} : first?.code === "PATH_TEST_UNTOLD" ? { error: fault } : { failure: fault }),
    ...(assumes.length === 0 ? {} : { output: `Assumes that ${assumes.join("; ")}.` }),
  };
}
