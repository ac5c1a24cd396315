import type { KubeObject } from "@isthmus/core";
import type { Action } from "@isthmus/core/plan";
import { expect, test } from "vitest";
import { renderDiff } from "./diff.ts";
import { createStyle } from "./style.ts";

const entry: KubeObject = {
  apiVersion: "networking.istio.io/v1",
  kind: "ServiceEntry",
  metadata: {
    name: "httpbin",
    namespace: "foo",
    uid: "1",
    resourceVersion: "7",
    managedFields: [{ manager: "isthmus" }],
  },
  spec: { hosts: ["httpbin.bar.cluster2"] },
  status: { conditions: [] },
};

const base = {
  cluster: "cluster1",
  ref: { group: "networking.istio.io", kind: "ServiceEntry", namespace: "foo", name: "httpbin" },
  owner: "SharedService.bar.httpbin",
  side: "consumer",
  changes: [],
} as const;

const create: Action = {
  ...base,
  verb: "create",
  phase: 2,
  desired: { ...entry, metadata: { name: "httpbin", namespace: "foo" } },
};

const update: Action = {
  ...base,
  verb: "update",
  phase: 2,
  live: { uid: "1", resourceVersion: "7" },
  changes: [
    { path: "spec.addresses[0]", before: "240.0.0.1", after: "240.0.0.2" },
    { path: "spec.exportTo", after: ["foo", "bar"] },
    { path: "spec.location", before: "MESH_EXTERNAL" },
  ],
};

const remove: Action = { ...base, verb: "delete", phase: 3, live: { uid: "1", resourceVersion: "7" } };

test("a diff is unified: new and removed objects whole, changed ones by their changed fields", async () => {
  const text = renderDiff({ actions: [create, update, remove] }, () => entry, createStyle(false));

  await expect(text).toMatchFileSnapshot("testdata/diff.golden.txt");
});

test("a removed object is shown without what the server keeps for itself", () => {
  const text = renderDiff({ actions: [remove] }, () => entry, createStyle(false));

  expect(text).not.toMatch(/managedFields|resourceVersion|uid|status/);
});

test("without a change there is nothing to show", () => {
  const text = renderDiff({ actions: [{ ...create, verb: "noop", phase: 0 }] }, () => undefined, createStyle(false));

  expect(text).toBe("");
});
