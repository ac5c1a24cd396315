import { expect, test } from "vitest";
import { type Place, say, showPlace } from "../../findings/index.ts";
import { makeProblem } from "../../problem.ts";
import { showDeclared } from "../intents.ts";
import { parseIntents } from "../parseIntents.ts";
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

/** `SharedService bar/httpbin spec.servedBy` */
function placed(text: string): Place {
  const [kind = "", path = "", ...field] = text.split(" ");
  const [name = "", namespace] = path.split("/").toReversed();
  const object = { kind, ...(namespace === undefined ? {} : { namespace }), name };
  return field.length === 0 ? object : { ...object, field: field.join(" ") };
}

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
  expect(showPlace(sources.locate(placed(place)))).toBe(`dir/mesh.yaml:${position}`);
});

test.each([
  ["MeshCluster cluster1 spec.access.context", "2:1"],
  ["SharedService bar/httpbin spec.consumers[0].namespaces[3]", "17:7"],
  ["SharedService bar/httpbin spec.consumers[7].clusters", "16:5"],
  ["SharedService bar/httpbin spec.as", "14:3"],
])("an absent field, %s, stands where its nearest ancestor does", (place, position) => {
  expect(showPlace(sources.locate(placed(place)))).toBe(`dir/mesh.yaml:${position}`);
});

test.each<Place>([
  {},
  { cluster: "cluster1", kind: "SharedService", namespace: "bar", name: "httpbin" },
  { kind: "MeshCluster", name: "cluster9", field: "spec" },
  { file: "mesh.yaml", line: 1, column: 1 },
])("what is not a declared resource has no position: %j", (place) => {
  expect(sources.locate(place)).toEqual(place);
});

test("problems get the positions that are known and keep the other places", () => {
  const problem = (at: Place) => makeProblem({ code: "PORT_MISSING", at, message: say`no port 80`, hint: "" });
  const declared = problem(placed("SharedService bar/httpbin spec.servedBy[0]"));
  const live = problem({ cluster: "cluster1", kind: "Service", namespace: "bar", name: "httpbin" });

  const place = { ...declared.place, file: "dir/mesh.yaml", line: 15, column: 16 };
  expect(withPositions([declared, live], sources)).toEqual([{ ...declared, place, at: "dir/mesh.yaml:15:16" }, live]);
});

test("the file of a resource is known", () => {
  const { intents, sources } = parseIntents([
    { name: "a/mesh.yaml", text: "apiVersion: isthmus.io/v1alpha1\nkind: MeshCluster\nmetadata: {name: c1}\n" },
    { name: "b/mesh.yaml", text: "apiVersion: isthmus.io/v1alpha1\nkind: MeshCluster\nmetadata: {name: c2}\n" },
  ]);

  expect(intents?.clusters.map((cluster) => [showDeclared(cluster), sources.fileOf(cluster)])).toEqual([
    ["MeshCluster c1", "a/mesh.yaml"],
    ["MeshCluster c2", "b/mesh.yaml"],
  ]);
});
