import { expect, test } from "vitest";
import { type AllowedCalls, type Denial, denials } from "./denials.ts";

test("without anything allowed every call is denied", () => {
  expect(denials([], 10)).toEqual([{ principals: [], methods: [], paths: [] }]);
});

test("sets for the same callers need one rule for the callers", () => {
  const allowed = [
    { principals: ["a"], methods: ["GET"] },
    { principals: ["a"], methods: ["POST"] },
  ];

  expect(denials(allowed, 10)).toEqual([
    { principals: ["a"], methods: [], paths: [] },
    { principals: [], methods: ["GET", "POST"], paths: [] },
  ]);
});

test("more rules than the limit are none", () => {
  const allowed = ["a", "b", "c"].map((name) => ({ principals: [name], methods: [name], paths: [name] }));

  expect(denials(allowed, 26)).toBeUndefined();
  expect(denials(allowed, 27)).toHaveLength(27);
});

test("a call is denied exactly when no set allows it, for every combination of two sets and a call", () => {
  const options = [undefined, ["x"], ["y"], ["x", "y"]] as const;
  const sets: AllowedCalls[] = options.flatMap((methods) =>
    options.flatMap((paths) =>
      [["x"], ["y"], ["x", "y"]].map((principals) => ({
        principals,
        ...(methods === undefined ? {} : { methods }),
        ...(paths === undefined ? {} : { paths }),
      })),
    ),
  );
  const values = ["x", "y", "z"];
  const calls = values.flatMap((p) => values.flatMap((m) => values.map((path) => ({ p, m, path }))));
  type Call = (typeof calls)[number];
  const isIn = (set: AllowedCalls, { p, m, path }: Call) =>
    set.principals.includes(p) && (set.methods?.includes(m) ?? true) && (set.paths?.includes(path) ?? true);
  const isDenied = (rules: readonly Denial[], { p, m, path }: Call) =>
    rules.some((rule) => !rule.principals.includes(p) && !rule.methods.includes(m) && !rule.paths.includes(path));

  const wrong = sets.flatMap((first) =>
    sets.flatMap((second) => {
      const rules = denials([first, second], 100) ?? [];
      return calls.filter((call) => isDenied(rules, call) === (isIn(first, call) || isIn(second, call)));
    }),
  );

  expect(wrong).toEqual([]);
});
