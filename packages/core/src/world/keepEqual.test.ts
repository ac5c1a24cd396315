import fc from "fast-check";
import { expect, test } from "vitest";
import { keepEqual } from "./keepEqual.ts";

test("what equals what was there before is that very value, however deep, and the rest is as it comes", () => {
  const before = { name: "a", ports: [{ number: 1 }, { number: 2 }], held: new Map([["x", { why: "y" }]]) };
  const after = { name: "b", ports: [{ number: 1 }, { number: 3 }], held: new Map([["x", { why: "y" }]]) };

  const kept = keepEqual(before, after);

  expect(kept).toEqual(after);
  expect(kept.ports[0]).toBe(before.ports[0]);
  expect(kept.held).toBe(before.held);
  expect(keepEqual(before, structuredClone(before))).toBe(before);
});

test("the same fields in another order are another value", () => {
  const before = { a: 1, b: 2 };

  expect(JSON.stringify(keepEqual(before, { b: 2, a: 1 }))).toBe('{"b":2,"a":1}');
});

test("whatever comes after whatever, it is written as it comes", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (before, after) => {
      expect(JSON.stringify(keepEqual(before, after))).toBe(JSON.stringify(after));
    }),
  );
});
