import { lineText } from "./terminalText.ts";

/** Text as it is in a cell of a table of GitHub's Markdown, whatever Markdown would make of it. */
export function markdownCell(text: string): string {
  const safe = lineText(text).replace(/[\\`*_{}[\]<>|&~$#!]/g, "\\$&");
  return safe === "" ? " " : safe;
}
