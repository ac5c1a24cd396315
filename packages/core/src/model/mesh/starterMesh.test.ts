import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { starterMesh } from "./starterMesh.ts";

function namesOf(contexts: readonly string[]): unknown[] {
  const [, ...clusters] = parseAllDocuments(starterMesh(contexts.map((context) => ({ context }))));
  return clusters.map((cluster) => cluster.getIn(["metadata", "name"]));
}

test("each context becomes a cluster, with what is not the default", async () => {
  const text = starterMesh([
    { context: "eu" },
    { context: "us", gateway: { namespace: "istio-gateways", selector: { istio: "eastwestgateway" } } },
  ]);

  await expect(text).toMatchFileSnapshot("testdata/starterMesh.golden.yaml");
});

test("names of contexts become DNS labels that differ", () => {
  const names = namesOf([
    "kind-A_1",
    "kind-a-1",
    "arn:aws:eks:eu-west-1:1234:cluster/shop",
    "gke_p_europe-west1_shop",
    "@",
  ]);

  expect(names).toEqual(["kind-a-1", "kind-a-1-2", "shop", "shop-2", "cluster"]);
});
