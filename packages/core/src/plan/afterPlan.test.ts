import { observedCluster, service } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { type KubeObject, refOf } from "../kinds/index.ts";
import type { ObservedCluster } from "../model/index.ts";
import type { Action, ActionVerb } from "./action.ts";
import { afterPlan } from "./afterPlan.ts";

const object = (name: string, spec: object, more: object = {}): KubeObject => ({
  apiVersion: "networking.istio.io/v1",
  kind: "ServiceEntry",
  metadata: { name, namespace: "foo", ...more },
  spec,
});

function action(verb: ActionVerb, desired: KubeObject): Action {
  return {
    verb,
    cluster: "c1",
    ref: refOf(desired),
    owner: "o",
    side: "consumer",
    phase: 1,
    changes: [],
    ...(verb === "delete" ? {} : { desired }),
  };
}

function outcome(
  objects: readonly KubeObject[],
  actions: readonly Action[],
  source: ObservedCluster["source"] = "live",
) {
  const cluster = { ...observedCluster("c1", "192.0.2.1"), objects, source };
  const observed = { clusters: new Map([["c1", cluster]]), unreachable: new Map() };
  return afterPlan(observed, { actions }).clusters.get("c1")?.objects;
}

test("created objects join as the youngest, deleted ones go, the rest stays as it is", () => {
  const [kept, gone, added] = [object("kept", {}), object("gone", {}), object("added", { hosts: ["a"] })];

  const found = outcome([kept, gone], [action("create", added), action("delete", gone), action("noop", kept)]);

  expect(found).toEqual([
    kept,
    { ...added, metadata: { ...added.metadata, creationTimestamp: "9999-12-31T23:59:59Z" } },
  ]);
});

test("an updated object keeps its age and status, and has the spec that is wanted", () => {
  const live = {
    ...object("a", { hosts: ["old"], x: 1 }, { creationTimestamp: "2026-01-01T00:00:00Z" }),
    status: { a: 1 },
  };

  const found = outcome([live], [action("update", object("a", { hosts: ["new"] }, { labels: { l: "1" } }))]);

  expect(found).toEqual([{ ...live, metadata: { ...live.metadata, labels: { l: "1" } }, spec: { hosts: ["new"] } }]);
});

test("an updated Service keeps the address that the API server gave it", () => {
  const live = service("foo/a", undefined, { clusterIP: "10.96.0.1" });

  const found = outcome([live], [action("update", service("foo/a", [{ name: "tcp", port: 1 }]))]);

  expect(found).toMatchObject([{ spec: { clusterIP: "10.96.0.1", ports: [{ name: "tcp", port: 1 }] } }]);
});

test("in a directory nothing has an age", () => {
  const added = object("added", {});

  expect(outcome([], [action("create", added)], "directory")).toEqual([added]);
});
