import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, "utf8");

test("every example has a lab test that shows its calls, as the table in lab/README.md says, and a page that names it", () => {
  const tests = readdirSync(`${root}/lab/test`).filter((file) => file.endsWith(".lab.test.ts"));
  const pages = readdirSync(`${root}/docs/guide`).map((file) => read(`docs/guide/${file}`));
  const rows = readdirSync(`${root}/examples`).map((example) => {
    const files = tests.filter((file) => read(`lab/test/${file}`).includes(`"${example}"`));
    expect(files, example).not.toEqual([]);
    expect(
      pages.some((page) => page.includes(`examples/${example})`)),
      `no page links examples/${example}`,
    ).toBe(true);
    return `| [${example}](../examples/${example}) | ${files.map((file) => `\`${file}\``).join(", ")} |`;
  });

  expect(read("lab/README.md")).toContain(rows.join("\n"));
});

test("every page on a scenario begins with a picture of the path", () => {
  const scenarios = ["access", "external-access", "external-service", "gateway-api", "mcs", "names", "traffic", "emco"];
  for (const page of scenarios) expect(read(`docs/guide/${page}.md`), page).toMatch(/^```\n[\s\S]*?─[\s\S]*?^```$/m);
});
