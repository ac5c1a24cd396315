import { expect, test } from "vitest";
import { inOrder, parseManifests } from "./manifests.ts";

test("documents and lists become one sequence of objects, empty documents are skipped", () => {
  const text = `
apiVersion: v1
kind: Namespace
metadata: {name: foo}
---
# nothing here
---
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}
`;

  expect(parseManifests(text).map((object) => object.metadata.name)).toEqual(["foo", "a", "b"]);
});

test("what is not an object is told with its place", () => {
  expect(() => parseManifests("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\nhello: world\n")).toThrow(
    "document 2",
  );
});

test("namespaces and accounts come first, Deployments and Pods last", () => {
  const kinds = ["Pod", "Deployment", "Service", "ServiceAccount", "Namespace"];
  const objects = kinds.map((kind) => ({ apiVersion: "v1", kind, metadata: { name: "x" } }));

  expect(inOrder(objects).map(({ kind }) => kind)).toEqual([
    "Namespace",
    "ServiceAccount",
    "Service",
    "Deployment",
    "Pod",
  ]);
});
