import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KubeObject, MeshError, ownershipLabels, refOf } from "@isthmus/core";
import type { Action } from "@isthmus/core/plan";
import type { Target } from "@isthmus/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startControlPlanes, waitFor } from "../src/index.ts";
import { openLabTarget } from "./openLabTargets.ts";

/** What the live target relies on of an API server, on a real one: above all how a create is kept from what exists. */

let home: string;
let lab: Lab;
let target: Target;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-target-"));
  lab = await startControlPlanes({ home, clusters: 1 });
  target = await openLabTarget(lab);
  // An API server serves a kind some moments after its CRD was stored.
  await waitFor("Istio's kinds", () => target.observe());
  await lab.apply("cluster1", [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "foo" } }]);
});

afterAll(async () => {
  await target?.close();
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

const specs: Readonly<Record<string, { readonly apiVersion: string; readonly spec: object; readonly other: object }>> =
  {
    Service: {
      apiVersion: "v1",
      spec: { ports: [{ name: "http", port: 80, targetPort: 80, protocol: "TCP" }], selector: { app: "x" } },
      other: { ports: [{ name: "http", port: 80, targetPort: 81, protocol: "TCP" }], selector: { app: "x" } },
    },
    ServiceEntry: {
      apiVersion: "networking.istio.io/v1",
      spec: { hosts: ["a.b"], addresses: ["240.0.0.1"], ports: [{ name: "http", number: 80, protocol: "HTTP" }] },
      other: { hosts: ["a.b"], addresses: ["240.0.0.2"], ports: [{ name: "http", number: 80, protocol: "HTTP" }] },
    },
  };

function wanted(kind: string, name: string, which: "spec" | "other" = "spec"): KubeObject {
  const labels = ownershipLabels("SharedService.bar.httpbin", "consumer");
  const { apiVersion = "", [which]: spec } = specs[kind] ?? {};
  return { apiVersion, kind, metadata: { name, namespace: "foo", labels }, spec };
}

function action(verb: Action["verb"], object: KubeObject, live?: KubeObject): Action {
  const { uid = "", resourceVersion = "" } = live?.metadata ?? {};
  return {
    verb,
    cluster: "cluster1",
    ref: refOf(object),
    owner: "SharedService.bar.httpbin",
    side: "consumer",
    phase: 2,
    changes: [],
    ...(verb === "delete" ? {} : { desired: object }),
    ...(live === undefined ? {} : { live: { uid, resourceVersion } }),
  };
}

async function find(object: KubeObject): Promise<KubeObject | undefined> {
  const { cluster } = await target.observe();
  return cluster.objects.find(({ kind, metadata }) => kind === object.kind && metadata.name === object.metadata.name);
}

async function codeOf(run: Promise<unknown>): Promise<string> {
  const error: unknown = await run.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (error instanceof MeshError) return error.code;
  throw error ?? new Error("nothing was refused");
}

test("a cluster is read with its version", async () => {
  const { cluster, problems } = await target.observe();

  expect(problems).toEqual([]);
  expect(cluster.version).toMatch(/^v\d+\./);
  expect(cluster.objects).toContainEqual(expect.objectContaining({ kind: "Namespace" }));
});

test.each(Object.keys(specs))("%s: create, update and delete; done twice they change nothing", async (kind) => {
  const object = wanted(kind, "life");

  await target.write(action("create", object), { dryRun: true });
  expect(await find(object)).toBeUndefined();
  await target.write(action("create", object));
  await target.write(action("create", object));
  const created = await find(object);
  expect(created).toMatchObject(object);
  await target.write(action("update", wanted(kind, "life", "other"), created));
  await target.write(action("update", wanted(kind, "life", "other"), created));
  const updated = await find(object);
  expect(updated).toMatchObject(wanted(kind, "life", "other"));
  expect(updated?.metadata.managedFields?.map(({ manager }) => manager)).toEqual(["isthmus"]);
  await target.write(action("delete", object, updated));
  await target.write(action("delete", object, updated));

  expect(await find(object)).toBeUndefined();
});

test.each(Object.keys(specs))(
  "%s: a create leaves an object of somebody else as it is, byte for byte",
  async (kind) => {
    const { labels: _labels, ...metadata } = wanted(kind, "foreign").metadata;
    const foreign = { ...wanted(kind, "foreign"), metadata };
    await lab.apply("cluster1", JSON.stringify(foreign));
    const before = await find(foreign);

    const [dry, real] = [
      await codeOf(target.write(action("create", wanted(kind, "foreign")), { dryRun: true })),
      await codeOf(target.write(action("create", wanted(kind, "foreign")))),
    ];

    expect([dry, real]).toEqual(["OBJECT_NOT_OURS", "OBJECT_NOT_OURS"]);
    expect(await find(foreign)).toEqual(before);
  },
);

test.each(Object.keys(specs))("%s: what moved, went or was replaced since the plan is left alone", async (kind) => {
  const [object, other] = [wanted(kind, "stale"), wanted(kind, "stale", "other")];
  await target.write(action("create", object));
  const planned = await find(object);
  await target.write(action("update", other, planned));
  const moved = await find(object);

  expect(await codeOf(target.write(action("update", object, planned)))).toBe("PLAN_STALE");
  expect(await codeOf(target.write(action("delete", object, planned)))).toBe("PLAN_STALE");
  expect(await find(object)).toEqual(moved);

  await target.write(action("delete", object, moved));
  expect(await codeOf(target.write(action("update", object, moved)))).toBe("PLAN_STALE");
  expect(await find(object)).toBeUndefined();

  await target.write(action("create", other));
  const replaced = await find(object);
  expect(await codeOf(target.write(action("update", object, moved)))).toBe("PLAN_STALE");
  expect(await codeOf(target.write(action("delete", object, moved)))).toBe("PLAN_STALE");
  expect(await find(object)).toEqual(replaced);
});

test("a namespace that is missing, and what the CRD refuses, are told apart", async () => {
  const object = wanted("ServiceEntry", "refused");
  const elsewhere = { ...object, metadata: { ...object.metadata, namespace: "nowhere" } };
  const invalid = { ...object, spec: { ...(object.spec as object), resolution: "NONSENSE" } };
  const unknown = { ...object, spec: { ...(object.spec as object), nonsense: 1 } };

  expect(await codeOf(target.write(action("create", elsewhere), { dryRun: true }))).toBe("NAMESPACE_MISSING");
  expect(await codeOf(target.write(action("create", invalid), { dryRun: true }))).toBe("OBJECT_REFUSED");
  expect(await codeOf(target.write(action("create", unknown), { dryRun: true }))).toBe("OBJECT_REFUSED");
});
