import { expect, test } from "vitest";
import { at } from "./intents.ts";
import { parseIntents } from "./parseIntents.ts";
import { withPositions } from "./sources.ts";

const text = `# clusters
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata:
  name: cluster1
  labels: {topology.kubernetes.io/zone: a, topology: b}
---
apiVersion: v1
kind: List
items:
- apiVersion: isthmus.io/v1alpha1
  kind: SharedService
  metadata: {name: httpbin, namespace: bar}
  spec:
    servedBy: [cluster1]
    consumers:
    - clusters:
      - cluster1
    - {clusters: ["cluster1", env=prod]}
`;

const { sources } = parseIntents([{ name: "dir/mesh.yaml", text }]);

test.each([
  ["MeshCluster cluster1", "2:1"],
  ["MeshCluster cluster1 metadata.name", "5:9"],
  ["MeshCluster cluster1 metadata.labels.topology.kubernetes.io/zone", "6:41"],
  ["MeshCluster cluster1 metadata.labels.topology", "6:54"],
  ["SharedService bar/httpbin", "11:3"],
  ["SharedService bar/httpbin spec", "14:3"],
  ["SharedService bar/httpbin spec.servedBy", "15:5"],
  ["SharedService bar/httpbin spec.servedBy[0]", "15:16"],
  ["SharedService bar/httpbin spec.consumers[0].clusters", "17:7"],
  ["SharedService bar/httpbin spec.consumers[0].clusters[0]", "18:9"],
  ["SharedService bar/httpbin spec.consumers[1]", "19:7"],
  ["SharedService bar/httpbin spec.consumers[1].clusters[1]", "19:31"],
])("%s stands at %s", (place, position) => {
  expect(sources.locate(place)).toBe(`dir/mesh.yaml:${position}`);
});

test.each([
  ["MeshCluster cluster1 spec.access.context", "2:1"],
  ["SharedService bar/httpbin spec.consumers[0].namespaces[3]", "17:7"],
  ["SharedService bar/httpbin spec.consumers[7].clusters", "16:5"],
  ["SharedService bar/httpbin spec.as", "14:3"],
])("an absent field, %s, stands where its nearest ancestor does", (place, position) => {
  expect(sources.locate(place)).toBe(`dir/mesh.yaml:${position}`);
});

test.each(["", "cluster2: ServiceEntry foo/httpbin", "MeshCluster cluster9 spec", "mesh.yaml:1:1"])(
  "what is no declared resource has no position: %j",
  (place) => {
    expect(sources.locate(place)).toBeUndefined();
  },
);

test("problems get the positions that are known and keep the other places", () => {
  const problem = { code: "PORT_MISSING", message: "no port 80", hint: "" } as const;
  const problems = [
    { ...problem, at: "SharedService bar/httpbin spec.servedBy[0]" },
    { ...problem, at: "cluster1: Service bar/httpbin" },
  ];

  expect(withPositions(problems, sources)).toEqual([
    { ...problem, at: "dir/mesh.yaml:15:16" },
    { ...problem, at: "cluster1: Service bar/httpbin" },
  ]);
});

test("the file of a resource is known", () => {
  const { intents, sources } = parseIntents([
    { name: "a/mesh.yaml", text: "apiVersion: isthmus.io/v1alpha1\nkind: MeshCluster\nmetadata: {name: c1}\n" },
    { name: "b/mesh.yaml", text: "apiVersion: isthmus.io/v1alpha1\nkind: MeshCluster\nmetadata: {name: c2}\n" },
  ]);

  expect(intents?.clusters.map((cluster) => [at(cluster), sources.fileOf(cluster)])).toEqual([
    ["MeshCluster c1", "a/mesh.yaml"],
    ["MeshCluster c2", "b/mesh.yaml"],
  ]);
});
