import { expect, test } from "vitest";
import { maxAliasedNodes, maxAliases } from "./checkTree.ts";
import { offsetAt } from "./offsetAt.ts";
import { readDocuments } from "./readDocuments.ts";
import { maxDepth, maxFileLength, maxLexemes, maxSyntaxErrors } from "./readTokens.ts";

function read(text: string) {
  const { documents, problems, complete } = readDocuments({ name: "mesh.yaml", text });
  return { values: documents.map(({ value }) => value), problems, complete };
}

/** Code and place of each problem. */
function faults(text: string) {
  return read(text).problems.map(({ code, at }) => `${code} ${at}`);
}

test("a file holds several documents, empty ones and comments among them", () => {
  const { values, problems, complete } = read("# mesh\na: 1\n---\n---\n# nothing\n---\n{b: [x]}\n...\n");

  expect({ values, problems, complete }).toEqual({ values: [{ a: 1 }, { b: ["x"] }], problems: [], complete: true });
});

test("JSON, a byte order mark and CRLF are read", () => {
  expect(read('{"a": [1, true, null]}').values).toEqual([{ a: [1, true, null] }]);
  expect(read("\uFEFFa: 1\r\nb:\r\n- x\r\n").values).toEqual([{ a: 1, b: ["x"] }]);
});

test("merge keys and aliases are resolved", () => {
  const { values, problems } = read("base: &base {x: 1, y: 1}\none: {<<: *base, y: 2}\nlist: [&a v, *a]\n");

  expect(problems).toEqual([]);
  expect(values).toEqual([{ base: { x: 1, y: 1 }, one: { x: 1, y: 2 }, list: ["v", "v"] }]);
});

test("every error of every broken document is told, and whole documents are read all the same", () => {
  const { values, problems, complete } = read("a: @b\nb: `c\n---\nok: 1\n---\nc: 'open\n");

  expect(values).toEqual([{ ok: 1 }]);
  expect(complete).toBe(false);
  expect(problems.map(({ code, at }) => `${code} ${at}`)).toEqual([
    "YAML_INVALID mesh.yaml:1:4",
    "YAML_INVALID mesh.yaml:2:4",
    "YAML_INVALID mesh.yaml:7:1",
  ]);
});

test.each([
  ["a tab as indentation", "a:\n\t- b\n", ["YAML_INVALID mesh.yaml:2:1"]],
  ["an unknown tag", "a: !secret b\n", ["YAML_INVALID mesh.yaml:1:4"]],
  ["a tag that is not JSON", "a: !!binary aGk=\n", ["YAML_INVALID mesh.yaml:1:4"]],
  ["an alias without an anchor", "a: *x\n", ["YAML_INVALID mesh.yaml:1:4"]],
  [
    "a merge of what is not a mapping",
    "a: &x [1]\nb: {<<: *y, c: 1}\nd:\n  <<: 1\n",
    ["YAML_INVALID mesh.yaml:2:9", "YAML_INVALID mesh.yaml:4:7"],
  ],
  ["a key that is a mapping", "? {a: 1}\n: 2\n", ["YAML_INVALID mesh.yaml:1:3"]],
  ["a key that is null", "x: {null: a}\n", ["FIELD_INVALID mesh.yaml:1:5"]],
  ["a number that repeats a text", "1: a\n'1': b\n", ["YAML_INVALID mesh.yaml:2:1"]],
  ["no key", "x: 1\n: a\n", ["FIELD_INVALID mesh.yaml:2:1"]],
  ["__proto__", "a: 1\n__proto__: {b: 1}\n", ["FIELD_INVALID mesh.yaml:2:1"]],
  ["NUL", "a: \0\n", ["YAML_INVALID mesh.yaml:1:4"]],
  ["bytes that were not UTF-8", "a: 1\nb: caf\uFFFD\n", ["YAML_INVALID mesh.yaml:2:7"]],
])("%s is refused", (_, text, expected) => {
  expect(faults(text)).toEqual(expected);
});

test("a repeated key names its first place", () => {
  const { problems } = read("kind: 1\nb: 2\n\nkind: 3\n");

  expect(problems).toMatchObject([
    {
      code: "YAML_INVALID",
      at: "mesh.yaml:4:1",
      message: "the key kind is repeated; it first appears at mesh.yaml:1:1",
      hint: "keep one of the two",
    },
  ]);
});

test("__proto__ changes no prototype", () => {
  const [value] = readDocuments({ name: "a", text: "__proto__: {polluted: true}\n" }).documents;

  expect(Object.getPrototypeOf(value?.value)).toBe(Object.prototype);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test("aliases that multiply are refused without being expanded", () => {
  const levels = Array.from({ length: 30 }, (_, level) => `l${level + 1}: &l${level + 1} [*l${level}, *l${level}]`);

  expect(faults(`l0: &l0 [x]\n${levels.join("\n")}\n`)).toEqual(["YAML_ALIASES mesh.yaml:16:12"]);
});

test("merge keys that multiply are refused without being expanded", () => {
  const levels = Array.from(
    { length: 30 },
    (_, level) => `l${level + 1}: &l${level + 1} {<<: [*l${level}, *l${level}]}`,
  );

  expect(faults(`l0: &l0 {x: 1}\n${levels.join("\n")}\n`).map((fault) => fault.split(" ")[0])).toEqual([
    "YAML_ALIASES",
  ]);
});

test("an alias within its own anchor is refused", () => {
  expect(faults("a: &x [1, {b: *x}]\n")).toEqual(["YAML_ALIASES mesh.yaml:1:15"]);
});

test("many aliases are refused, as many as the limit are not", () => {
  const list = (count: number) => `a: &a 1\nb: [${"*a,".repeat(count)}]\n`;

  expect(faults(list(maxAliases))).toEqual([]);
  expect(faults(list(maxAliases + 1))).toEqual([`YAML_ALIASES mesh.yaml:2:${5 + 3 * maxAliases}`]);
  expect(maxAliases).toBeLessThan(maxAliasedNodes);
});

test("a file beyond the limit is refused unread", () => {
  // So deep a nesting would end in an error of the parser.
  const found = faults("[".repeat(maxFileLength + 1));

  expect(found).toEqual(["FILE_TOO_LARGE mesh.yaml:1:1"]);
});

test.each(["[", "{a: ", "- ", "? "])("deep nesting of %j is refused, nesting to the limit is not", (open) => {
  expect(faults(open.repeat(50_000))).toEqual([expect.stringMatching(/^YAML_INVALID mesh\.yaml:1:\d+$/)]);
  expect(faults(`${open.repeat(maxDepth + 1)}x`)[0]).toMatch(/^YAML_INVALID mesh\.yaml:1:\d+$/);
  expect(faults("[".repeat(maxDepth) + "]".repeat(maxDepth))).toEqual([]);
});

test("a file of nothing but errors yields a bounded number of problems", () => {
  expect(faults("]".repeat(10_000))).toHaveLength(maxSyntaxErrors);
});

test("a file of more words and signs than memory holds is refused", () => {
  expect(faults('""'.repeat(maxLexemes))).toEqual(["FILE_TOO_LARGE mesh.yaml:1:1"]);
  expect(faults(`a: [${"1,".repeat(maxLexemes / 2)}]`)).toEqual(["FILE_TOO_LARGE mesh.yaml:1:1"]);
});

test("keys that are numbers or true are their text, as kubectl has them, and have a place", () => {
  const [document] = readDocuments({
    name: "mesh.yaml",
    text: "ports:\n  8080: {mode: STRICT}\n  true: 1\n  1.5: 2\n",
  }).documents;
  if (document === undefined) throw new Error("no document");

  expect(document.value).toEqual({ ports: { "8080": { mode: "STRICT" }, true: 1, "1.5": 2 } });
  expect(document.place(offsetAt(document.root, ["ports", "8080", "mode"]))).toEqual({
    file: "mesh.yaml",
    line: 2,
    column: 16,
  });
});

test("a problem with a single key is its document's, and others are the file's", () => {
  const { documents, problems } = readDocuments({ name: "mesh.yaml", text: "a: 1\na: 2\n---\n? {b: 1}\n: 2\n" });

  expect(documents.map((document) => document.problems)).toEqual([[problems[0]], []]);
  expect(problems).toHaveLength(2);
});

test.each([
  ["an alias", "data: {a: *hunter2}\n"],
  ["an alias of itself", "data: &hunter2 [*hunter2]\n"],
  ["a tag", "data: {a: !hunter2 b}\n"],
  ["a tag's handle", "data: {a: !hunter2!x b}\n"],
  ["a repeated key", "data: {hunter2: a, hunter2: b}\n"],
  ["an escape", 'data: "\\xhunter2"\n'],
  ["the head of a block", "data: |hunter2\n  a\n"],
  ["a quote without end", 'data: "hunter2\n'],
  ["a word behind a text", 'data: "a" hunter2\n'],
  ["a directive", "...\n%hunter2 a\n---\na: b\n"],
  ["a merge", "data: {<<: &hunter2 [hunter2]}\n"],
])("%s that is wrong in a file with a Secret is told by its place alone", (_, wrong) => {
  for (const text of [`apiVersion: v1\nkind: Secret\n${wrong}`, `kind: Pod\n${wrong}---\nkind: "Secret"\n`, wrong]) {
    const { problems } = read(text);

    expect(problems).not.toEqual([]);
    expect(JSON.stringify(problems)).not.toContain("unter2");
    expect(problems[0]?.place.line).toBeGreaterThan(0);
  }
});
