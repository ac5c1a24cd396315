import { expect, test } from "vitest";
import { apiVersion } from "../resource.ts";
import { meshClusterSchema } from "./meshCluster.ts";
import { selectClusters } from "./selectClusters.ts";

function cluster(name: string, labels: Record<string, string> = {}) {
  return meshClusterSchema.parse({ apiVersion, kind: "MeshCluster", metadata: { name, labels } });
}

const clusters = [
  cluster("c1", { env: "prod", tier: "edge" }),
  cluster("c2", { env: "prod" }),
  cluster("c3", { env: "test", "isthmus.io/empty": "" }),
];

test.each([
  [
    ["c3", "c1"],
    ["c1", "c3"],
  ],
  [["env=prod"], ["c1", "c2"]],
  [["env=prod,tier=edge"], ["c1"]],
  [
    ["env=prod", "c2", "c3"],
    ["c1", "c2", "c3"],
  ],
  [["isthmus.io/empty="], ["c3"]],
  [["constructor=x"], []],
  [["c9", "env=dev"], []],
])("%j selects %j", (selector, names) => {
  const selected = selectClusters(selector, clusters);

  expect(selected.map(({ metadata }) => metadata.name)).toEqual(names);
});
