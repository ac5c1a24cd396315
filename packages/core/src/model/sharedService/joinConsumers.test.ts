import { expect, test } from "vitest";
import { joinConsumers, partConsumers } from "./joinConsumers.ts";

const declared = [{ clusters: ["cluster1", "cluster2"], namespaces: ["foo", "bar"] }, { clusters: ["cluster3"] }];

test("only who is not a consumer yet is added", () => {
  expect(joinConsumers(declared, [{ clusters: ["cluster1"], namespaces: ["foo"] }])).toBe(declared);
  expect(joinConsumers(declared, [{ clusters: ["cluster3"], namespaces: ["any"] }])).toBe(declared);
  expect(joinConsumers(declared, [{ clusters: ["cluster1"], namespaces: ["foo", "new"] }])).toEqual([
    ...declared,
    { clusters: ["cluster1"], namespaces: ["new"] },
  ]);
  expect(joinConsumers(declared, [{ clusters: ["cluster1"] }])).toEqual([...declared, { clusters: ["cluster1"] }]);
});

test("identities that are narrowed do not count as the whole namespace", () => {
  const narrowed = [{ clusters: ["cluster1"], serviceAccounts: ["sleep"] }];

  expect(joinConsumers(narrowed, [{ clusters: ["cluster1"] }])).toEqual([...narrowed, { clusters: ["cluster1"] }]);
});

test("a consumer is taken out of the clusters and namespaces that it is declared with", () => {
  expect(partConsumers(declared, "cluster1", "foo")).toEqual([
    { clusters: ["cluster2"], namespaces: ["foo", "bar"] },
    { clusters: ["cluster1"], namespaces: ["bar"] },
    { clusters: ["cluster3"] },
  ]);
  expect(partConsumers(declared, "cluster3", undefined)).toEqual(declared.slice(0, 1));
});

test("who is not declared so cannot be taken out", () => {
  expect(partConsumers(declared, "cluster3", "foo")).toBeUndefined();
  expect(partConsumers(declared, "cluster4", undefined)).toBeUndefined();
});
