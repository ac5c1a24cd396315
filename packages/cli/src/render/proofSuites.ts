import type { Problem } from "@isthmus/core";
import type { ProvenPath } from "@isthmus/engine";
import { renderHopStatus } from "./hopStatus.ts";
import type { TestCase, TestSuite } from "./junit.ts";
import { renderPath } from "./paths.ts";
import { problemSuites } from "./problemSuites.ts";
import { type ProofLine, proofLines } from "./proofLines.ts";
import { createStyle } from "./style.ts";

const plain = createStyle(false);

/**
 * A suite for each declaration, a case for each of its paths: broken is a failure, unknown an error. Problems that keep paths
 * from being proved are a suite of their own.
 */
export function proofSuites(proofs: readonly ProvenPath[], problems: readonly Problem[]): readonly TestSuite[] {
  const owners = [...new Set(proofs.map(({ path }) => path.owner))];
  return [
    ...owners.map((owner) => ({
      name: owner,
      cases: proofs.filter(({ path }) => path.owner === owner).map(testCase),
    })),
    ...problemSuites(problems),
  ];
}

function testCase(proof: ProvenPath): TestCase {
  const { path, verdict, trace } = proof;
  const lines = proofLines(proof);
  // Where every path must be called, what was not tried is what is unknown.
  const telling = lines.filter(({ status }) => status === verdict || (verdict === "unknown" && status === "not tried"));
  const text = telling.map(({ name, detail }) => `${name}: ${detail}`).join("\n");
  return {
    name: renderPath(path, plain),
    classname: path.owner,
    ...(verdict === "broken" ? { failure: { text, ...(trace.blamed && { type: trace.blamed.code }) } } : {}),
    ...(verdict === "unknown" ? { error: { text } } : {}),
    output: lines.map(outputLine).join("\n"),
  };
}

function outputLine({ name, status, detail }: ProofLine): string {
  return `${renderHopStatus(status, plain)} ${name === "" ? "" : `${name}: `}${detail}`;
}
