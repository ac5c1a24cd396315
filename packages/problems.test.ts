import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type makeProblem, problemCodes } from "@isthmus/core";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = readFileSync(join(root, "docs/problems.md"), "utf8");
// A section: `### CODE`, `*severity* · summary`, what it means, `> an example message`, how to fix it.
const sections = [...page.matchAll(/^### (\S+)\n\n\*(\w+)\* · (.+)\n\n(.+)\n\n> (.+)\n\n(.+)$/gm)];
const shipped = readdirSync(join(root, "packages"), { withFileTypes: true }).filter(
  (entry) => entry.isDirectory() && entry.name !== "testkit",
);

test("docs/problems.md has one section for each code, in the table's order, with its severity and summary", () => {
  const documented = sections.map(([, code, severity, summary]) => ({ code, severity, summary }));

  expect(documented).toEqual(Object.entries(problemCodes).map(([code, facts]) => ({ code, ...facts })));
});

test("docs/problems.md has no section but for the codes", () => {
  const headings = [...page.matchAll(/^###+ (.+)$/gm)].map(([, heading]) => heading);

  expect(headings).toEqual(Object.keys(problemCodes));
});

test("every code is produced somewhere", () => {
  const source = shipped
    .flatMap(({ name }) => sourcesIn(join(root, "packages", name, "src")))
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");

  expect(Object.keys(problemCodes).filter((code) => !source.includes(`"${code}"`))).toEqual([]);
});

test("a problem's message is a sentence with its facts: neither a text, nor one that names none of what it is made of", () => {
  // @ts-expect-error a text alone has no facts
  const draft: Parameters<typeof makeProblem>[0] = { code: "PORT_MISSING", at: {}, message: "no port 80", hint: "" };

  const factless = shipped.flatMap(({ name }) =>
    sourcesIn(join(root, "packages", name, "src")).filter((path) =>
      /say`\$\{[^{}`]+\}`/.test(readFileSync(path, "utf8")),
    ),
  );
  expect([draft.code, factless]).toEqual(["PORT_MISSING", []]);
});

/** The sources of a package that ships: no tests, and not the table itself. */
function sourcesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name) && !/\.test\.ts$|^problem\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}
