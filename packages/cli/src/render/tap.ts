import { showPlace } from "@isthmus/core";
import type { PathTestResult } from "@isthmus/core/pathTest";
import { findingOf } from "./pathTestFinding.ts";

/** Version 14 of the Test Anything Protocol: https://testanything.org/tap-version-14-specification.html */
export function renderTap(results: readonly PathTestResult[]): string {
  const lines = results.flatMap((result, index) => {
    const { test, verdict } = result;
    const finding = findingOf(result);
    const name = test.name.replaceAll("#", "\\#");
    if (finding === undefined) return [`ok ${index + 1} - ${name}`];
    const [message = "", ...hops] = finding.text.split("\n");
    // What cannot be told is not ok: `# SKIP` would count as if it were.
    return [
      `not ok ${index + 1} - ${name}`,
      "  ---",
      `  message: ${JSON.stringify(verdict === "fail" ? message : `cannot be told: ${message}`)}`,
      `  severity: ${verdict}`,
      `  at: ${JSON.stringify(showPlace(test.at))}`,
      ...(hops.length === 0 ? [] : ["  hops:", ...hops.map((hop) => `    - ${JSON.stringify(hop)}`)]),
      "  ...",
    ];
  });
  return `${["TAP version 14", `1..${results.length}`, ...lines].join("\n")}\n`;
}
