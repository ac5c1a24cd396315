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
  desired: {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "httpbin", namespace: "foo" },
    spec: { exportTo: ["foo", "bar"], hosts: ["httpbin.bar.cluster2"], addresses: ["240.0.0.2"] },
  },
  changes: [
    { path: "spec.addresses[0]", before: "240.0.0.1", after: "240.0.0.2" },
    { path: "spec.exportTo", after: ["foo", "bar"] },
    { path: "spec.location", before: "MESH_EXTERNAL" },
  ],
};

const served: KubeObject = {
  ...entry,
  spec: {
    ...(entry.spec as object),
    addresses: ["240.0.0.1"],
    location: "MESH_EXTERNAL",
    ports: [{ name: "http", number: 80 }],
    resolution: "NONE",
  },
};

const remove: Action = { ...base, verb: "delete", phase: 3, live: { uid: "1", resourceVersion: "7" } };

test("a diff is unified, with context: what the server or others have set is no difference", async () => {
  const text = renderDiff({ actions: [create, update, remove] }, () => served, createStyle(false));

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
