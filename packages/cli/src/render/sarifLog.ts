import { type ProblemCode, problemCodes } from "@isthmus/core";
import { version } from "../version.ts";

/** Findings as code hosts and scanners exchange them: https://docs.oasis-open.org/sarif/sarif/v2.1.0 */
export function sarifLog(codes: readonly ProblemCode[], results: readonly object[]): string {
  const rules = codes.map((id) => ({ id, shortDescription: { text: problemCodes[id].summary } }));
  const run = { tool: { driver: { name: "isthmus", version, rules } }, results };
  return `${JSON.stringify({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] }, undefined, 2)}\n`;
}
