import { expect, test } from "vitest";
import { undeclaredMesh } from "./undeclaredMesh.ts";

test("contexts and directories become clusters of a mesh in which nothing is declared", () => {
  const { clusters, sharedServices, mesh } = undeclaredMesh([
    { context: "kind-eu" },
    { directory: "dumps/us-east.yaml" },
    { directory: "dumps/us-east.yaml" },
    { directory: "./", name: "here" },
    { directory: "/srv/kind-eu/" },
    { context: "kind-us", name: "there" },
  ]);

  expect(clusters.map(({ metadata, spec }) => [metadata.name, spec.access])).toEqual([
    ["kind-eu", { context: "kind-eu" }],
    ["us-east", { directory: "dumps/us-east.yaml" }],
    ["here", { directory: "./" }],
    ["kind-eu-2", { directory: "/srv/kind-eu/" }],
    ["there", { context: "kind-us" }],
  ]);
  expect(sharedServices).toEqual([]);
  expect(mesh.spec.istioNamespace).toBe("istio-system");
});
