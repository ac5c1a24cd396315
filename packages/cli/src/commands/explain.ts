import { MeshError, nearestName, type ProblemCode, problemCodes } from "@isthmus/core";
import { readProblemsPage } from "../assets.ts";
import { exitCodes } from "../exit.ts";
import { renderMarkdown } from "../render/markdown.ts";
import type { Session } from "../session.ts";

/** Prints what docs/problems.md says about codes; without one, the list of all. Throws USAGE. */
export async function explain(session: Session, codes: readonly string[]): Promise<number> {
  if (codes.length === 0) {
    const { renderTable } = await import("../render/table.ts");
    const rows = Object.entries(problemCodes).map(([name, { severity, summary }]) => [name, severity, summary]);
    session.print(renderTable(["CODE", "SEVERITY", "MEANING"], rows, session.out));
    return exitCodes.ok;
  }
  const known = codes.map(problemCode);
  const page = await readProblemsPage();
  session.print(renderMarkdown(known.map((code) => problemSection(page, code)).join("\n\n"), session.out));
  return exitCodes.ok;
}

/** Throws USAGE. */
function problemCode(word: string): ProblemCode {
  const code = word.toUpperCase();
  if (isProblemCode(code)) return code;
  const meant = nearestName(code, Object.keys(problemCodes));
  throw new MeshError({
    code: "USAGE",
    at: {},
    message: `${word} is not a problem code`,
    hint: meant === undefined ? "`isthmus explain` without a code lists them all." : `did you mean ${meant}?`,
  });
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemCodes, code);
}

/** The section of docs/problems.md that has this code as its heading. */
function problemSection(page: string, code: ProblemCode): string {
  const lines = page.split("\n");
  const start = lines.indexOf(`### ${code}`);
  if (start < 0) throw new Error(`docs/problems.md has no section ${code}`);
  const after = lines.findIndex((line, index) => index > start && /^#{1,3} /.test(line));
  return lines
    .slice(start, after < 0 ? undefined : after)
    .join("\n")
    .trimEnd();
}
