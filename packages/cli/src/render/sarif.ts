import { problemCodes } from "@isthmus/core";
import type { PathTestResult } from "@isthmus/core/pathTest";
import { version } from "../version.ts";
import { findingsOf } from "./pathTestFinding.ts";

const codes = ["PATH_TEST_FAILED", "PATH_TEST_UNTOLD", "PATH_TEST_WIRE"] as const;

/** What code hosts show at the lines of a change: https://docs.oasis-open.org/sarif/sarif/v2.1.0 */
export function renderSarif(results: readonly PathTestResult[]): string {
  const found = results.flatMap((result) => {
    const { file, line, column } = result.test.at;
    return findingsOf(result).map(({ code, text }) => ({
      ruleId: code,
      level: code === "PATH_TEST_UNTOLD" ? "warning" : "error",
      message: { text: `${result.test.name}: ${text}` },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: file.replaceAll("\\", "/") },
            region: { startLine: line, startColumn: column },
          },
        },
      ],
      partialFingerprints: { test: result.test.name },
    }));
  });
  const rules = codes.map((id) => ({ id, shortDescription: { text: problemCodes[id].summary } }));
  const run = { tool: { driver: { name: "isthmus", version, rules } }, results: found };
  return `${JSON.stringify({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] }, undefined, 2)}\n`;
}
