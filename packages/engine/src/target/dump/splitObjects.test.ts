import { maxFileLength } from "@isthmus/core";
import { expect, test } from "vitest";
import { ObjectSplitter } from "./splitObjects.ts";

/** Type, line and first word of each part; the text comes in pieces of `size` characters. */
function split(text: string, size = text.length) {
  const splitter = new ObjectSplitter();
  const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  );
  const parts = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
  return parts.map(({ type, line, text: own }) => `${type} ${line} ${own.trim().replace(/\s+/g, " ").slice(0, 60)}`);
}

const yaml = `# dump
apiVersion: v1
items:
- a: 1
  text: |
    - not an item
- b: 2
kind: List
metadata:
  resourceVersion: ""
---
kind: One
---
# nothing

---
{"kind": "Two", "items": "none"}
---
{kind: Three, a: '}'}
`;

test.each([10_000, 7, 1])("YAML is parted into documents and items, in pieces of %i characters", (size) => {
  expect(split(yaml, size)).toEqual([
    "item 4 a: 1 text: | - not an item",
    "item 7 b: 2",
    "head 1 # dump apiVersion: v1 items: [] kind: List metadata: resourc",
    "object 12 kind: One",
    "object 14 # nothing",
    'object 17 {"kind": "Two", "items": "none"}',
    "object 19 {kind: Three, a: '}'}",
  ]);
});

const json = `{
  "kind": "PodList",
  "items": [
    {"a": "}]", "b": [{"items": [1]}]},
    {"c": "\\"items\\": ["}
  ],
  "metadata": {"x": []}
}
{"kind":"PodList","items":[]}{"kind":"Pod"}`;

test.each([10_000, 7, 1])("texts of JSON follow each other, in pieces of %i characters", (size) => {
  expect(split(json, size)).toEqual([
    'item 4 {"a": "}]", "b": [{"items": [1]}]}',
    'item 5 {"c": "\\"items\\": ["}',
    'head 1 { "kind": "PodList", "items": [], "metadata": {"x": []} }'.replace("[],", "[],"),
    'head 9 {"kind":"PodList","items":[]}',
    'object 9 {"kind":"Pod"}',
  ]);
});

test("items may be indented, and logs between lists are passed over", () => {
  const logs = "==== START logs for container a ====\n{ not JSON\nkind: no\n==== END logs for container a ====\n";

  expect(split(`kind: List\nitems:\n  - a: 1\n  - b: 2\n---\n${logs}{"kind": "Pod"}\n`)).toEqual([
    "item 3 a: 1",
    "item 4 b: 2",
    "head 1 kind: List items: []",
    'object 10 {"kind": "Pod"}',
  ]);
});

test.each([
  ["a list of JSON", '{"kind": "List",\n"items": [\n{"a": 1}, {"b'],
  ["a list of JSON between items", '{"kind": "List", "items": [\n{"a": 1},\n'],
  ["a list of kubectl's YAML", "apiVersion: v1\nitems:\n- a: 1\n- b:"],
  ["a log", "==== START logs for container a ====\nx\n"],
])("%s that ends in the middle is cut", (_, text) => {
  expect(split(text).at(-1)).toMatch(/^cut /);
});

test("an object of more than 5 MB is not kept, and the next one is", () => {
  const long = "x".repeat(maxFileLength);

  expect(split(`{"items": [{"a": "${long}"}, {"b": 1}]}`, 65_536).map((part) => part.split(" ")[0])).toEqual([
    "large",
    "item",
    "head",
  ]);
  expect(split(`a: ${long}\n---\nb: 1\n`, 65_536).map((part) => part.split(" ")[0])).toEqual(["large", "object"]);
});
