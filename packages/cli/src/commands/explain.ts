import {
  type ExplainedField,
  explainField,
  kindNamed,
  kindSchemaOf,
  kinds,
  nearestName,
  type ProblemCode,
  problemCodes,
  say,
  usage,
} from "@isthmus/core";
import { testKindNamed } from "@isthmus/core/pathTest";
import { readProblemsPage } from "../assets.ts";
import { exitCodes } from "../exit.ts";
import { renderMarkdown } from "../render/markdown.ts";
import type { Style } from "../render/style.ts";
import { renderTable } from "../render/table.ts";
import type { Session } from "../session.ts";

/**
 * Prints what docs/problems.md says about codes, and what fields of a declaration take (`SharedService.spec.traffic`); without
 * either, the list of all codes. Throws USAGE.
 */
export async function explain(session: Session, words: readonly string[]): Promise<number> {
  const isData = session.format !== undefined;
  if (words.length === 0 && isData) {
    session.printData("Explanation", {
      codes: Object.keys(problemCodes).filter(isProblemCode).map(codeData),
      fields: [],
    });
    return exitCodes.ok;
  }
  if (words.length === 0) {
    const rows = Object.entries(problemCodes).map(([name, { severity, summary }]) => [name, severity, summary]);
    session.print(renderTable(["CODE", "SEVERITY", "MEANING"], rows, session.out));
    return exitCodes.ok;
  }
  const found = words.map((word) => fieldOf(word) ?? problemCode(word));
  const page = await readProblemsPage();
  if (isData) {
    const codes = found.filter((each) => typeof each === "string");
    const fields = found.filter((each) => typeof each !== "string");
    const explained = codes.map((code) => ({ ...codeData(code), text: problemSection(page, code) }));
    session.printData("Explanation", { codes: explained, fields });
    return exitCodes.ok;
  }
  const sections = found.map((each) =>
    typeof each === "string" ? renderMarkdown(problemSection(page, each), session.out) : renderField(each, session.out),
  );
  session.print(sections.join("\n"));
  return exitCodes.ok;
}

function codeData(code: ProblemCode) {
  const { severity, summary } = problemCodes[code];
  return { code, severity, summary };
}

/** Undefined where the word does not begin with a kind, in any case or in the plural. Throws USAGE. */
function fieldOf(word: string): ExplainedField | undefined {
  const [first = "", ...path] = word.split(".");
  const declared = kindNamed(first);
  const kind = declared === undefined ? testKindNamed(first) : kindSchemaOf(declared);
  if (kind === undefined) return undefined;
  const found = explainField(kind, path);
  if (!("unknown" in found)) return found;
  const meant = nearestName(found.unknown, found.known);
  const known = found.known.length === 0 ? "it has no fields" : `its fields are ${found.known.join(", ")}`;
  const hint = meant === undefined ? known : `did you mean ${meant}?`;
  throw usage(say`${{ word }}: there is no field ${{ unknown: found.unknown }}`, hint);
}

function renderField(
  { name, takes, isRequired, description = "", default: preset, fields }: ExplainedField,
  style: Style,
): string {
  const marks = [
    isRequired && name.includes(".") ? "required" : "",
    preset === undefined ? "" : `${preset} unless set`,
  ];
  const facts = [takes, ...marks].filter((each) => each !== "").join("; ");
  const about = renderMarkdown([`# ${name}`, facts, description].filter((part) => part !== "").join("\n\n"), style);
  if (fields.length === 0) return about;
  const rows = fields.map((field) => [
    field.name,
    // What is in a mapping is what explaining that field tells.
    field.takes.replace(/ with .*$/, ""),
    [...(field.isRequired ? ["required"] : []), ...(field.description === undefined ? [] : [field.description])].join(
      ": ",
    ),
  ]);
  return `${about}\n${renderTable(["FIELD", "TAKES", "MEANING"], rows, style)}`;
}

/** Throws USAGE. */
function problemCode(word: string): ProblemCode {
  const code = word.toUpperCase();
  if (isProblemCode(code)) return code;
  const meant = nearestName(code, Object.keys(problemCodes)) ?? nearestName(word, kinds);
  const all = `\`isthmus explain\` alone lists all codes; the kinds are ${kinds.join(", ")}.`;
  const hint = meant === undefined ? all : `did you mean ${meant}?`;
  throw usage(say`${{ word }} is not a problem code, nor a kind that is declared`, hint);
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
