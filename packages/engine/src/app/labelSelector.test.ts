import { expect, test } from "vitest";
import { labelSelector } from "./labelSelector.ts";

test.each([
  ["tier=web", { tier: "web" }, true],
  ["tier==web", { tier: "db" }, false],
  ["tier!=web", {}, true],
  ["tier", { tier: "" }, true],
  ["!tier", { tier: "web" }, false],
  ["env in (a, b),tier=web", { env: "b", tier: "web" }, true],
  ["env notin (a,b)", { env: "b" }, false],
  ["env notin (a,b)", {}, true],
  ["constructor", {}, false],
  ["!toString", {}, true],
  ["example.com/tier=web", { "example.com/tier": "web" }, true],
])("-l %s holds for %j: %s, as for kubectl", (selector, labels, holds) => {
  expect(labelSelector(selector)(labels as Readonly<Record<string, string>>)).toBe(holds);
});

test.each(["", "tier=web,", "tier~web", "!tier=web", "env in a", "a b"])("-l %j is not a selection", (selector) => {
  expect(() => labelSelector(selector)).toThrowError(/is not a selection of labels/);
});
