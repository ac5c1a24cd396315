import { createHash } from "node:crypto";
import type { PathRow, Reachability } from "@isthmus/core/reachability";
import { escapeMarkup } from "./escapeMarkup.ts";
import { answerWords, callerWords, placesOf, targetWords } from "./pathMatrix.ts";

const css = `body{font:14px system-ui,sans-serif;margin:2rem;color:#222}table{border-collapse:collapse}
th,td{border-bottom:1px solid #ddd;padding:.3rem .7rem;text-align:left;vertical-align:top}
.reaches{color:#2e7d32}.partly,.unknown{color:#b26a00}.broken{color:#c62828}`;

/** The matrix as one file that loads nothing and runs nothing: its policy lets it have its own style and no more. */
export function pathsHtml(rows: readonly PathRow[], { callers, targets }: Reachability): string {
  const hash = createHash("sha256").update(css).digest("base64");
  const lines = rows.map(({ callers: own, isRest, targets: to, requests, answer }) => {
    const from = isRest ? `all others (${own.length})` : callerWords(own, callers, 3);
    return [
      "<tr>",
      cell(folded(from, callerWords(own, callers, 500))),
      cell(folded(targetWords(to, 3), targetWords(to, 500))),
      cell(escapeMarkup(requests)),
      `<td class="${answer.verdict}">${escapeMarkup(answerWords(answer))}</td>`,
      cell(escapeMarkup(placesOf(answer))),
      cell(escapeMarkup(answer.why ?? "")),
      "</tr>\n",
    ].join("");
  });
  const head = ["From", "To", "Requests", "Answer", "Answered by", "Why"].map((each) => `<th>${each}</th>`).join("");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'">
<title>isthmus paths</title>
<style>${css}</style>
<h1>Who reaches what</h1>
<p>${callers.length} callers, ${targets.length} hosts and ports.</p>
<table><tr>${head}</tr>
${lines.join("")}</table>
</html>
`;
}

function folded(short: string, long: string): string {
  return short === long
    ? escapeMarkup(short)
    : `<details><summary>${escapeMarkup(short)}</summary>${escapeMarkup(long)}</details>`;
}

function cell(html: string): string {
  return `<td>${html}</td>`;
}
