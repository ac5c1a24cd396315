import { expect, test } from "vitest";
import type { KubeObject } from "../kinds/index.ts";
import { admitDeclarations } from "./admitDeclarations.ts";

function declaration(kind: string, name: string, spec: object, metadata: object = {}): KubeObject {
  const namespace = kind.startsWith("Mesh") ? {} : { namespace: "bar" };
  const own = { creationTimestamp: "2026-01-01T00:00:00Z", uid: "1", generation: 1, resourceVersion: "7" };
  return { apiVersion: "isthmus.io/v1alpha1", kind, metadata: { name, ...namespace, ...own, ...metadata }, spec };
}

const mesh = declaration("Mesh", "mesh", {});
const clusters = ["cluster1", "cluster2"].map((name) => declaration("MeshCluster", name, {}));
const shared = (name: string, servedBy: string, metadata: object = {}) =>
  declaration("SharedService", name, { servedBy: [servedBy], consumers: [{ clusters: ["cluster1"] }] }, metadata);

test("what is right counts, and nothing is said of it", () => {
  const admitted = admitDeclarations([mesh, ...clusters, shared("httpbin", "cluster2")]);

  expect(admitted.intents.sharedServices.map(({ metadata }) => metadata.name)).toEqual(["httpbin"]);
  expect(admitted.intents.clusters).toHaveLength(2);
  expect(admitted.refused).toEqual(new Map());
  expect(admitted.refusal).toBeUndefined();
});

test("a declaration with an error is left out and told of, and the others count", () => {
  const misspelt = declaration("SharedService", "typo", {
    servedBy: ["cluster2"],
    consumers: [{ clusters: ["cluster1"] }],
    az: "Mesh",
  });
  const admitted = admitDeclarations([
    ...clusters,
    shared("httpbin", "cluster2"),
    shared("lost", "cluster9"),
    misspelt,
  ]);

  expect(admitted.intents.sharedServices.map(({ metadata }) => metadata.name)).toEqual(["httpbin"]);
  expect([...admitted.refused.keys()].sort()).toEqual(["SharedService.bar.lost", "SharedService.bar.typo"]);
  expect(admitted.refused.get("SharedService.bar.lost")).toContain("there is no MeshCluster cluster9");
  expect(admitted.refusal).toBeUndefined();
  const [first] = admitted.admissions.find(({ object }) => object.metadata.name === "typo")?.problems ?? [];
  expect(first).toMatchObject({
    code: "FIELD_UNKNOWN",
    place: { kind: "SharedService", name: "typo", namespace: "bar" },
  });
});

test("one that was deleted does not count, and is not an error", () => {
  const going = shared("httpbin", "cluster2", { deletionTimestamp: "2026-01-02T00:00:00Z", finalizers: ["a/b"] });
  const admitted = admitDeclarations([...clusters, going]);

  expect(admitted.intents.sharedServices).toEqual([]);
  expect(admitted.refused).toEqual(new Map());
});

test("an error in a MeshCluster is one of the whole mesh, and nobody is blamed for naming that cluster", () => {
  const broken = declaration("MeshCluster", "cluster2", { drian: true });
  const admitted = admitDeclarations([...clusters.slice(0, 1), broken, shared("httpbin", "cluster2")]);

  expect(admitted.refusal).toMatchObject({ code: "FIELD_UNKNOWN", place: { kind: "MeshCluster", name: "cluster2" } });
  expect(admitted.refused).toEqual(new Map());
});

test("of two Meshes the older one counts, and the younger one is told so", () => {
  const younger = declaration(
    "Mesh",
    "another",
    { trustDomain: "x.org" },
    { creationTimestamp: "2026-02-01T00:00:00Z" },
  );
  const admitted = admitDeclarations([younger, mesh, ...clusters]);

  expect(admitted.intents.mesh.metadata.name).toBe("mesh");
  expect(admitted.refusal).toBeUndefined();
  expect(admitted.admissions.find(({ object }) => object === younger)?.problems).toMatchObject([
    { code: "MESH_DUPLICATE", message: "Mesh another is a second Mesh; the first is mesh" },
  ]);
});

test("what comes first does not depend on the order of the list", () => {
  const objects = [mesh, ...clusters, shared("httpbin", "cluster2"), shared("lost", "cluster9")];

  expect(admitDeclarations(objects.toReversed())).toEqual(admitDeclarations(objects));
});
