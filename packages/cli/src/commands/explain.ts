import { MeshError, type ProblemCode, problemCodes } from "@isthmus/core";
import { readProblemsPage } from "../assets.ts";
import { exitCodes } from "../exit.ts";
import type { Session } from "../session.ts";

/** Prints what docs/problems.md says about a code; without a code, the list of all. */
export async function explain(session: Session, code: string | undefined): Promise<number> {
  if (code === undefined) {
    const { renderTable } = await import("../render/table.ts");
    const rows = Object.entries(problemCodes).map(([name, { severity, summary }]) => [name, severity, summary]);
    session.print(renderTable(["CODE", "SEVERITY", "MEANING"], rows, session.out));
    return exitCodes.ok;
  }
  const known = code.toUpperCase();
  if (!isProblemCode(known)) {
    throw new MeshError({
      code: "USAGE",
      at: {},
      message: `${code} is not a problem code`,
      hint: "`isthmus explain` without a code lists them all.",
    });
  }
  const page = await readProblemsPage();
  session.print(`${problemSection(page, known)}\n`);
  return exitCodes.ok;
}

function isProblemCode(code: string): code is ProblemCode {
  return code in problemCodes;
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
