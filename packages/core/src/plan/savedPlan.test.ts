import { intents, meshCluster, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { ownershipLabels } from "../kinds/index.ts";
import type { Action, Plan } from "./action.ts";
import { decodeSavedPlan, encodeSavedPlan, type SavedPlan } from "./savedPlan.ts";

const owner = "SharedService.bar.httpbin";

function action(name: string, more: Partial<Action>): Action {
  return {
    verb: "noop",
    cluster: "c1",
    ref: { group: "networking.istio.io", kind: "Gateway", namespace: "foo", name },
    owner,
    side: "server",
    phase: 0,
    changes: [],
    ...more,
  };
}

function desired(name: string) {
  const metadata = { name, namespace: "foo", labels: ownershipLabels(owner, "server") };
  return { apiVersion: "networking.istio.io/v1", kind: "Gateway", metadata, spec: { servers: [{ hosts: ["x"] }] } };
}

const live = { uid: "u", resourceVersion: "7" };
const actions: Plan["actions"] = [
  action("kept", { live, reason: "c9 cannot be read" }),
  action("changed", {
    verb: "update",
    phase: 1,
    desired: desired("changed"),
    live,
    formerOwner: "SharedService.bar.old",
    changes: [{ path: "spec.servers[0]", before: { hosts: [] } }],
  }),
  action("new", { verb: "create", phase: 1, desired: desired("new") }),
  action("old", { verb: "delete", phase: 4, live }),
];
const saved: SavedPlan = {
  plan: { actions, stages: [] },
  intents: intents([sharedService("bar/httpbin", { servedBy: ["c1"], consumers: [{ clusters: ["c2"] }] })], {
    clusters: [
      meshCluster("c1", { access: { kubeconfig: { path: "/home/me/config" } } }),
      meshCluster("c2", { access: { directory: "/repo/c2" } }),
    ],
  }),
};

/** The saved file with one action replaced. */
function tampered(change: Readonly<Record<string, unknown>>, index = 2): string {
  const file = JSON.parse(encodeSavedPlan(saved));
  Object.assign(file.actions[index], change);
  return JSON.stringify(file);
}

/** The saved file with other declarations. */
function withIntents(change: Readonly<Record<string, unknown>>): string {
  const file = JSON.parse(encodeSavedPlan({ ...saved, plan: { actions: [], stages: [] } }));
  Object.assign(file.intents, change);
  return JSON.stringify(file);
}

test("a saved plan reads as it was written", () => {
  expect(decodeSavedPlan(encodeSavedPlan(saved), "saved.plan")).toEqual({ saved, problems: [] });
});

test("a file with the actions in another order gives the same plan", () => {
  const file = JSON.parse(encodeSavedPlan(saved));
  file.actions.reverse();

  expect(decodeSavedPlan(JSON.stringify(file), "saved.plan").saved).toEqual(saved);
});

test.each([
  ["text that is not JSON", "{"],
  ["an earlier format", '{"format":"isthmus.io/plan","version":1}'],
  ["other JSON", '{"kind":"List"}'],
  ["a later format", '{"format":"isthmus.io/plan","version":4}'],
  ["an unknown field", tampered({ force: true })],
  ["a create that has no object", tampered({ desired: undefined })],
  ["an update against no version", tampered({ live: undefined }, 1)],
  ["a delete that has an object to write", tampered({ desired: desired("old") }, 3)],
  ["a write of another object", tampered({ desired: desired("other") })],
  ["an object that would not be ours", tampered({ owner: "SharedService.x.y" })],
  ["a kind that isthmus does not write", tampered({ ref: { group: "", kind: "Secret", name: "x" } }, 3)],
  ["a phase that is not the action's", tampered({ phase: 2 })],
  ["a cluster that is not told", tampered({ cluster: "c3" })],
  [
    "a declaration that is none",
    withIntents({ sharedServices: [{ ...saved.intents.sharedServices[0], kind: "Secret" }] }),
  ],
  ["a declaration that refers to no cluster", withIntents({ clusters: [saved.intents.clusters[0]] })],
  ["an object twice", tampered({ ref: actions[0]?.ref, desired: desired("kept") })],
])("%s is refused", (_what, text) => {
  const { saved: read, problems } = decodeSavedPlan(text, "saved.plan");

  expect(read).toBeUndefined();
  expect(problems).toMatchObject([{ code: "PLAN_INVALID", at: "saved.plan" }]);
});

test("a mistake is told with its place in the file", () => {
  const { problems } = decodeSavedPlan(tampered({ side: "middle" }), "saved.plan");

  expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining("actions[2].side")]);
});
