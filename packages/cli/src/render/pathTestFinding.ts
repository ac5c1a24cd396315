import type { ProblemCode } from "@isthmus/core";
import type { PathTestResult } from "@isthmus/core/pathTest";

export interface PathTestFinding {
  readonly code: ProblemCode;
  readonly text: string;
}

/** What is wrong with a test that does not pass, in short, then its hops: for reports that have one text a finding. */
export function findingOf({ verdict, why, example }: PathTestResult): PathTestFinding | undefined {
  if (verdict === "pass") return undefined;
  const code = verdict === "fail" ? "PATH_TEST_FAILED" : "PATH_TEST_UNTOLD";
  if (example === undefined) return { code, text: why };
  const hops = example.trace.branches[example.branch]?.hops ?? [];
  const lines = hops.map(
    ({ name, cluster = "", detail }) => `${name}${cluster === "" ? "" : ` [${cluster}]`}: ${detail}`,
  );
  return { code, text: [`${example.caller} to ${example.url}: ${why}`, ...lines].join("\n") };
}
