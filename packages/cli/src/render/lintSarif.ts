import type { Problem } from "@isthmus/core";
import { sarifLog } from "./sarifLog.ts";

/** An object of a cluster has no line in a file: it is named. */
export function renderLintSarif(findings: readonly Problem[]): string {
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  const results = findings.map(({ code, severity, message, hint, at }) => ({
    ruleId: code,
    level: severity === "error" ? "error" : "warning",
    message: { text: `${message}\n${hint}` },
    locations: [{ logicalLocations: [{ fullyQualifiedName: at, kind: "resource" }] }],
  }));
  return sarifLog(codes, results);
}
