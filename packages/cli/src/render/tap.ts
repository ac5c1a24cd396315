import { showPlace } from "@isthmus/core";
import type { PathTestResult } from "@isthmus/core/pathTest";
import { findingsOf } from "./pathTestFinding.ts";
import { lineText } from "./terminalText.ts";

/** Version 14 of the Test Anything Protocol: https://testanything.org/tap-version-14-specification.html */
export function renderTap(results: readonly PathTestResult[]): string {
  const lines = results.flatMap((result, index) => {
    const { test } = result;
    const found = findingsOf(result);
    const [first] = found;
    const name = lineText(test.name).replace(/[\\#]/g, "\\$&");
    if (first === undefined) return [`ok ${index + 1} - ${name}`];
    const [message = "", ...hops] = found.flatMap(({ text }) => text.split("\n"));
    // What cannot be told is not ok: `# SKIP` would count as if it were.
    const isUntold = first.code === "PATH_TEST_UNTOLD";
    return [
      `not ok ${index + 1} - ${name}`,
      "  ---",
      `  message: ${JSON.stringify(isUntold ? `cannot be told: ${message}` : message)}`,
      `  severity: ${isUntold ? "untold" : "fail"}`,
      `  at: ${JSON.stringify(showPlace(test.at))}`,
      ...(hops.length === 0 ? [] : ["  hops:", ...hops.map((hop) => `    - ${JSON.stringify(hop)}`)]),
      "  ...",
    ];
  });
  return `${["TAP version 14", `1..${results.length}`, ...lines].join("\n")}\n`;
}
