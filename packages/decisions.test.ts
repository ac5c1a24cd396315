import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "docs/decisions");
const decisions = readdirSync(folder).sort();

test("decisions are numbered from 0001, without doubles or gaps", () => {
  const numbers = decisions.map((name) => name.slice(0, 5));

  expect(numbers.length).toBeGreaterThan(10);
  expect(numbers).toEqual(numbers.map((_, index) => `${String(index + 1).padStart(4, "0")}-`));
});

test.each(decisions)("%s says its own number and its date first", (name) => {
  const [title = "", , date] = readFileSync(join(folder, name), "utf8").split("\n");

  expect(title.slice(0, 8)).toBe(`# ${name.slice(0, 4)}: `);
  expect(date).toMatch(/^\*20\d\d-[01]\d-[0-3]\d\*$/);
});

test("whoever refers to a decision names one that is there", () => {
  const reference = /decisions?(?: |\/)(?<number>\d+)(?<rest>-[\w-]+\.md)?|\]\((?<link>\d{4}-[\w-]+\.md)\)/gi;
  const files = ["docs", "packages", "lab"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(md|ts)$/.test(file) && !/node_modules|^dist|\/dist\//.test(file))
      .map((file) => join(folder, file)),
  );

  const references = files.flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(reference)].map(({ 0: text, groups = {} }) => {
      const named = groups.link ?? `${groups.number}${groups.rest ?? "-"}`;
      return { file, text, isThere: decisions.some((name) => name.startsWith(named)) };
    }),
  );

  expect(references.length).toBeGreaterThan(10);
  expect(references.filter(({ isThere }) => !isThere)).toEqual([]);
});
