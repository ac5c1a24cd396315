import type { PathTestResult } from "@isthmus/core/pathTest";
import { findingsOf } from "./pathTestFinding.ts";
import { sarifLog } from "./sarifLog.ts";

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
            artifactLocation: { uri: encodeURI(file.replaceAll("\\", "/")).replace(/[?#]/g, encodeURIComponent) },
            region: { startLine: line, startColumn: column },
          },
        },
      ],
      partialFingerprints: { test: result.test.name },
    }));
  });
  return sarifLog(codes, found);
}
