import { expect, test } from "vitest";
import { dnsLabel, type KubeObject, ownershipLabels, refOf } from "../kinds/index.ts";
import type { Observed } from "../model/index.ts";
import type { Action } from "./action.ts";
import { recheckPlan } from "./recheckPlan.ts";

const owner = "SharedService.bar.httpbin";
const addressPool = "240.0.0.0/16";

/** A ServiceEntry of ours. */
function entry(metadata: Partial<KubeObject["metadata"]> = {}, spec: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: {
      name: dnsLabel(["httpbin", "bar", "c2"]),
      namespace: "foo",
      labels: ownershipLabels(owner, "consumer"),
      uid: "u",
      resourceVersion: "7",
      ...metadata,
    },
    spec: { hosts: ["httpbin.bar.c2"], addresses: ["240.0.0.9"], ...spec },
  };
}

function observed(...objects: readonly KubeObject[]): Observed {
  const cluster = { name: "c1", source: "live", objects, istiodVersions: [], trustRoots: [] } as const;
  return { clusters: new Map([["c1", cluster]]), unreachable: new Map() };
}

function action(verb: Action["verb"], object: KubeObject, more: Partial<Action> = {}): Action {
  const phase = verb === "delete" ? 3 : 2;
  const written = verb === "delete" ? {} : { desired: object };
  const live = verb === "create" ? {} : { live: { uid: "u", resourceVersion: "7" } };
  return {
    verb,
    cluster: "c1",
    ref: refOf(object),
    owner,
    side: "consumer",
    phase,
    changes: [],
    ...written,
    ...live,
    ...more,
  };
}

function codes(act: Action, live: readonly KubeObject[], adopt = false): readonly string[] {
  return recheckPlan({ actions: [act] }, observed(...live), { adopt, addressPool }).problems.map(({ code }) => code);
}

test("a plan that was not touched passes, with each change as it is now", () => {
  const before = entry({}, { addresses: ["240.0.0.9"], resolution: "NONE" });
  const shown = [{ path: "spec.resolution", before: "NONE", after: "DNS" }];
  const update = action("update", entry({}, { resolution: "DNS" }), { changes: shown });

  const { plan, problems } = recheckPlan({ actions: [update] }, observed(before), { adopt: false, addressPool });

  expect(problems).toEqual([]);
  expect(plan.actions).toEqual([update]);
});

test("what a file says of changes and of a former owner is replaced by what the live object says", () => {
  const live = entry({ labels: ownershipLabels("SharedService.bar.old", "consumer") }, { addresses: ["240.0.0.1"] });
  const lie = [{ path: "spec.harmless", after: true }];
  const update = action("update", entry(), { changes: lie, formerOwner: "SharedService.bar.another" });
  const kept = action("noop", entry({ name: "kept" }), { changes: lie, phase: 0 });

  const { plan } = recheckPlan({ actions: [update, kept] }, observed(live), { adopt: false, addressPool });

  expect(plan.actions).toMatchObject([
    { verb: "noop", changes: [] },
    {
      verb: "update",
      formerOwner: "SharedService.bar.old",
      changes: [
        { path: 'metadata.labels["isthmus.io/owner"]', before: "SharedService.bar.old", after: owner },
        { path: "spec.addresses[0]", before: "240.0.0.1", after: "240.0.0.9" },
      ],
    },
  ]);
});

test.each([
  ["without our label", { labels: {} }],
  ["with our label and another name than we give", { name: "theirs" }],
  ["that only others wrote", { managedFields: [{ manager: "kubectl", operation: "Update" }] }],
])("the deletion of an object %s is refused, with or without adopt", (_, metadata) => {
  const theirs = entry(metadata);

  expect(codes(action("delete", theirs), [theirs])).toEqual(["OBJECT_NOT_OURS"]);
  expect(codes(action("delete", theirs), [theirs], true)).toEqual(["OBJECT_NOT_OURS"]);
});

test("the deletion of an object of ours passes, but not for another owner or side than it has", () => {
  const live = entry();

  expect(codes(action("delete", live), [live])).toEqual([]);
  expect(codes(action("delete", live), [])).toEqual([]);
  expect(codes(action("delete", live, { owner: "SharedService.bar.x" }), [live])).toEqual(["PLAN_INVALID"]);
  expect(codes(action("delete", live, { side: "server", phase: 4 }), [live])).toEqual(["PLAN_INVALID"]);
});

test("an object that is not ours is changed only where whoever applies asks for it", () => {
  const theirs = entry({ labels: {} });

  expect(codes(action("update", entry()), [theirs])).toEqual(["OBJECT_NOT_OURS"]);
  expect(codes(action("update", entry()), [theirs], true)).toEqual([]);
});

test("what would be written has a name and place that we give, and addresses of the pool", () => {
  expect(codes(action("create", entry()), [])).toEqual([]);
  expect(codes(action("create", entry({ name: "theirs" })), [])).toEqual(["PLAN_INVALID"]);
  expect(codes(action("create", entry({}, { addresses: ["10.96.0.10"] })), [])).toEqual(["PLAN_INVALID"]);
  expect(codes(action("update", entry({}, { addresses: ["240.0.0.0/8"] })), [entry()])).toEqual(["PLAN_INVALID"]);
});

test("in a cluster that cannot be read nothing is done, nor what waits for it", () => {
  const gateway = {
    ...entry(),
    kind: "Gateway",
    metadata: { ...entry().metadata, labels: ownershipLabels(owner, "server") },
  };
  const hidden = action("create", gateway, { cluster: "c2", side: "server", phase: 1 });
  const other = action("create", entry({ name: "x-0123456789" }), { owner: "SharedService.bar.other" });

  const { plan, problems } = recheckPlan({ actions: [hidden, action("create", entry()), other] }, observed(), {
    adopt: false,
    addressPool,
  });

  expect(problems).toEqual([]);
  expect(plan.actions.map(({ cluster, verb, reason }) => [cluster, verb, reason])).toEqual([
    ["c1", "noop", expect.stringContaining("cluster c2 cannot be read")],
    ["c2", "noop", "cluster c2 cannot be read"],
    ["c1", "create", undefined],
  ]);
});
