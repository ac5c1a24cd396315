import { type Problem, showPlace } from "@isthmus/core";
import type { PathTestResult, PathTestVerdict } from "@isthmus/core/pathTest";

export interface PathTestTotals {
  readonly tests: number;
  readonly pass: number;
  readonly fail: number;
  readonly untold: number;
  readonly wire: number;
}

export function totalsOf(results: readonly PathTestResult[]): PathTestTotals {
  const count = (verdict: PathTestVerdict) => results.filter((each) => each.verdict === verdict).length;
  return {
    tests: results.length,
    pass: count("pass"),
    fail: count("fail"),
    untold: count("untold"),
    wire: results.filter(({ wire }) => (wire?.differs.length ?? 0) > 0).length,
  };
}

/** What `-o json` and `yaml` print. */
export function pathTestsData(results: readonly PathTestResult[], problems: readonly Problem[]) {
  const tests = results.map(({ test: { name, suite, at, description }, ...result }) => ({
    name,
    suite,
    at: showPlace(at),
    ...(description === undefined ? {} : { description }),
    ...result,
  }));
  return { summary: totalsOf(results), tests, problems };
}
