import type { ProblemCode } from "@isthmus/core";
import type { PathTestResult } from "@isthmus/core/pathTest";

export interface PathTestFinding {
  readonly code: ProblemCode;
  readonly text: string;
}

/** What is wrong with a test, each in short, then its hops: for reports that have one text a finding. */
export function findingsOf(result: PathTestResult): readonly PathTestFinding[] {
  const { verdict, wire } = result;
  const differs = (wire?.differs ?? []).map(({ caller, url, paper, wire: seen }) => ({
    code: "PATH_TEST_WIRE" as const,
    text: `${caller} to ${url}: on paper ${paper}; on the wire ${seen}`,
  }));
  if (verdict === "pass") return differs;
  return [{ code: verdict === "fail" ? "PATH_TEST_FAILED" : "PATH_TEST_UNTOLD", text: textOf(result) }, ...differs];
}

function textOf({ why, example }: PathTestResult): string {
  if (example === undefined) return why;
  const hops = example.trace.branches[example.branch]?.hops ?? [];
  const lines = hops.map(
    ({ name, cluster = "", detail }) => `${name}${cluster === "" ? "" : ` [${cluster}]`}: ${detail}`,
  );
  return [`${example.caller} to ${example.url}: ${why}`, ...lines].join("\n");
}
