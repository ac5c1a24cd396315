import { expect, test } from "vitest";
import { memoised, memoisedBy } from "./memoised.ts";

test("what is asked of one object is computed once, also where it is undefined", () => {
  let runs = 0;
  const sizeOf = memoised((all: readonly string[]) => {
    runs += 1;
    return all.length === 0 ? undefined : all.length;
  });
  const none: string[] = [];

  expect([sizeOf(none), sizeOf(none), sizeOf(["a"]), sizeOf([])]).toEqual([undefined, undefined, 1, undefined]);
  expect(runs).toBe(3);
});

test("a second key counts by value where it is a text, and by identity where it is an object", () => {
  let runs = 0;
  const join = memoisedBy((all: readonly string[], by: string | { readonly text: string }) => {
    runs += 1;
    return all.join(typeof by === "string" ? by : by.text);
  });
  const all = ["a", "b"];
  const dash = { text: "-" };

  expect([join(all, "+"), join(all, "+"), join(all, dash), join(all, dash)]).toEqual(["a+b", "a+b", "a-b", "a-b"]);
  expect(runs).toBe(2);
  join(all, { text: "-" });
  expect(runs).toBe(3);
});
