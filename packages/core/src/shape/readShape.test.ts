import { expect, test } from "vitest";
import { showPath } from "../findings/index.ts";
import { deepest, readShape } from "./readShape.ts";
import {
  anything,
  boolean,
  fields,
  integer,
  integerOrText,
  label,
  list,
  map,
  type Shape,
  subdomain,
  text,
  words,
} from "./shape.ts";

const faults = (shape: Shape, value: unknown) =>
  readShape(shape, value).faults.map(({ path, what }) => `${showPath(path)} ${what}`.trim());

const thing = fields(
  {
    name: text,
    mode: words("ON", "OFF"),
    port: integer(1, 65535),
    tags: list(text),
    labels: map(text),
    target: integerOrText,
  },
  ["name"],
  [["mode", "port"]],
);

test.each<[string, unknown, readonly string[]]>([
  ["what is in form", { name: "a", tags: ["b"], labels: { c: "d" }, target: "http" }, []],
  ["a field that nobody knows", { name: "a", more: [null] }, []],
  ["a missing field", {}, ["name is missing"]],
  ["null, which is as absent", { name: null }, ["name is missing"]],
  ["another type", { name: 1 }, ["name must be text, found the number 1"]],
  ["an unknown word", { name: "a", mode: "MAYBE" }, ['mode must be one of ON, OFF, found "MAYBE"']],
  ["a number out of range", { name: "a", port: 70000 }, ["port must be at most 65535, found the number 70000"]],
  ["a fraction", { name: "a", port: 1.5 }, ["port must be a whole number, found the number 1.5"]],
  ["text in place of a number", { name: "a", port: "80" }, ['port must be a whole number, found "80"']],
  ["a mapping in place of a list", { name: "a", tags: {} }, ["tags must be a list, found an empty mapping"]],
  ["null in a list", { name: "a", tags: ["b", null] }, ["tags[1] must be text, found nothing"]],
  ["a number among labels", { name: "a", labels: { c: 1 } }, ["labels.c must be text, found the number 1"]],
  ["a list in place of a mapping", [], ["must be a mapping, found an empty list"]],
  ["fields that exclude each other", { name: "a", mode: "ON", port: 1 }, ["port cannot stand beside mode"]],
  ["nothing", undefined, ["must be a mapping, found nothing"]],
  [
    "a prototype as a key",
    JSON.parse('{"name":"a","labels":{"__proto__":"x"}}'),
    ["labels.__proto__ is not a usable key"],
  ],
  ["a label called constructor", { name: "a", labels: { constructor: "x" } }, []],
])("%s", (_, value, expected) => {
  expect(faults(thing, value)).toEqual(expected);
});

test("text in a form of names", () => {
  const found = [
    ...["a", "a.b-c", "a/b", "A", "", "-a", "a".repeat(254)].map((value) => faults(subdomain, value).length),
    ...["a", "a.b", "a".repeat(64)].map((value) => faults(label, value).length),
  ];

  expect(found).toEqual([0, 0, 1, 1, 1, 1, 1, 0, 1, 1]);
});

test("fields that are null go, and what needs no change stays the very same", () => {
  const asIs = { name: "a", tags: ["b"] };

  expect(readShape(thing, asIs).value).toBe(asIs);
  expect(readShape(list(thing), [asIs, { name: "b", labels: { c: null }, tags: null }]).value).toEqual([
    asIs,
    { name: "b", labels: {} },
  ]);
});

test("what may be anything is taken as it is, but no deeper than can be walked", () => {
  const nested = (depth: number) => {
    let value: unknown = "end";
    for (let level = 0; level < depth; level += 1) value = [value];
    return value;
  };

  expect(faults(anything, [null, { a: null }])).toEqual([]);
  expect(faults(anything, nested(deepest))).toEqual([]);
  expect(faults(map(anything), { value: nested(200_000) })).toEqual([`value is nested deeper than ${deepest} levels`]);
});

test("of a value that is wrong everywhere only the first few faults are told", () => {
  expect(
    faults(
      list(boolean),
      Array.from({ length: 1000 }, () => "x"),
    ),
  ).toHaveLength(5);
});
