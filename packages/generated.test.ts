import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { kinds, parseIntents, testKinds } from "@isthmus/core";
import { parsePathTests } from "@isthmus/core/pathTest";
import { expect, test } from "vitest";
import { generatedFiles } from "../scripts/generatedFiles.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = generatedFiles();
const reference = files.get("docs/reference.md") ?? "";

test.each([...files])("%s is what `npm run generate` writes", (path, text) => {
  expect(readFileSync(join(root, path), "utf8")).toBe(text);
});

test("nothing else lies among the generated files", () => {
  const folders = new Set([...files.keys()].map(dirname).filter((folder) => folder.endsWith("__generated__")));
  const found = [...folders].flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`));

  expect(found.toSorted()).toEqual([...files.keys()].filter((path) => path.includes("__generated__")).toSorted());
});

test("the examples of the reference declare a mesh together", () => {
  const examples = [...reference.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""], index) => ({
    name: `example ${index}`,
    text,
  }));

  expect(examples).toHaveLength(kinds.length + testKinds.length);
  expect(parseIntents(examples).problems).toEqual([]);
  expect(parsePathTests(examples)).toMatchObject({ tests: { length: 3 }, problems: [] });
});

test("every field of the reference is described", () => {
  const fields = reference.split("\n").filter((line) => line.startsWith("| `"));

  expect(fields.length).toBeGreaterThan(80);
  expect(fields.filter((line) => line.endsWith("|  |"))).toEqual([]);
});
