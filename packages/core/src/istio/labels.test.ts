import { expect, test } from "vitest";
import { labelsOfNamespace, selectorMatches } from "./labels.ts";

test.each([
  [{}, true],
  [{ matchLabels: { a: "1" } }, true],
  [{ matchLabels: { a: "2" } }, false],
  [{ matchExpressions: [{ key: "a", operator: "In", values: ["1", "2"] }] }, true],
  [{ matchExpressions: [{ key: "b", operator: "In", values: ["1"] }] }, false],
  [{ matchExpressions: [{ key: "a", operator: "NotIn", values: ["1"] }] }, false],
  [{ matchExpressions: [{ key: "b", operator: "NotIn", values: ["1"] }] }, true],
  [{ matchExpressions: [{ key: "a", operator: "Exists" }] }, true],
  [{ matchExpressions: [{ key: "a", operator: "DoesNotExist" }] }, false],
  [{ matchLabels: { a: "1" }, matchExpressions: [{ key: "b", operator: "Exists" }] }, false],
])("%j chooses what has label a: 1: %s", (selector, chosen) => {
  expect(selectorMatches(selector, { a: "1" })).toBe(chosen);
});

test("a namespace has its name as a label, whatever its manifest says", () => {
  const labels = labelsOfNamespace({ metadata: { name: "bar" } });

  expect(selectorMatches({ matchLabels: { "kubernetes.io/metadata.name": "bar" } }, labels)).toBe(true);
});
