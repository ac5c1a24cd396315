import { namespace, observedCluster, pod } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { Observed } from "../model/index.ts";
import { applyChanges } from "./applyChanges.ts";
import { changedParts } from "./changedParts.ts";

const clusters = ["c1", "c2"].map((name) => observedCluster(name, "192.0.2.1", [namespace("red"), pod("red/web")]));
const before: Observed = { clusters: new Map(clusters.map((each) => [each.name, each])), unreachable: new Map() };
const objectsOf = (observed: Observed) => observed.clusters.get("c1")?.objects ?? [];

test("what a change does not name stays the same object", () => {
  const object = pod("red/web", { ready: false });

  const after = applyChanges(before, [{ cluster: "c1", object, isGone: false }]);

  expect(after.clusters.get("c2")).toBe(before.clusters.get("c2"));
  expect(objectsOf(after)).toHaveLength(objectsOf(before).length);
  expect(objectsOf(after).filter((each) => !objectsOf(before).includes(each))).toEqual([object]);
});

test("of several changes to one object the last counts, and those of clusters that are not observed are left out", () => {
  const object = pod("red/api");
  const come = { cluster: "c1", object, isGone: false };

  expect(objectsOf(applyChanges(before, [come]))).toContain(object);
  expect(objectsOf(applyChanges(before, [come, { ...come, isGone: true }]))).not.toContain(object);
  expect(applyChanges(before, [{ ...come, cluster: "c9" }])).toEqual(before);
});

test("two worlds differ in the parts whose objects are others, and in all where more differs than objects", () => {
  const after = applyChanges(before, [{ cluster: "c1", object: pod("red/web"), isGone: false }]);
  const c1 = { ...clusters[0], trustRoots: [] } as (typeof clusters)[number];

  expect([...(changedParts(before, after) ?? [])]).toEqual(["c1 Pod red", "c1 Pod *", "c1 * *"]);
  expect(changedParts(before, { ...before })).toEqual(new Set());
  expect(changedParts(before, { ...before, clusters: new Map([...before.clusters, ["c1", c1]]) })).toBeUndefined();
});
