import { namespace, node, pod } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { KubeObject } from "../kinds/index.ts";
import type { IstioCluster } from "./istioCluster.ts";
import { istioCluster } from "./istioClusters.ts";
import { entryLabels, matchTold, podLabels, whyUntold } from "./topologyLabels.ts";

function clusterOf(objects: readonly KubeObject[], source: "live" | "directory" = "live"): IstioCluster {
  return istioCluster({ name: "west", source, objects, istiodVersions: [], trustRoots: [] });
}

function istiod(env: readonly object[] = []): KubeObject {
  const spec = { containers: [{ name: "discovery", env }] };
  return { ...pod("istio-system/istiod", { sidecar: false }), spec } as KubeObject;
}

const id = (value: string) => istiod([{ name: "CLUSTER_ID", value }]);
const labelsOf = (cluster: IstioCluster) => {
  const [workload] = cluster.workloadsIn("shop");
  if (workload === undefined) throw new Error("no pod");
  return podLabels(cluster, workload);
};

test("istiod adds cluster, network, locality and node to the labels of a pod", () => {
  const zoned = node("n1", "192.0.2.7", {
    "topology.kubernetes.io/region": "eu",
    "topology.kubernetes.io/zone": "eu-1",
  });
  const api = pod("shop/api");
  const placed = { ...api, spec: { ...api.spec, nodeName: "n1" } };
  const system = namespace("istio-system", { "topology.istio.io/network": "net1" });

  const { labels, untold } = labelsOf(clusterOf([placed, zoned, system, id("west")]));

  expect(labels).toMatchObject({
    app: "api",
    "topology.istio.io/cluster": "west",
    "topology.istio.io/network": "net1",
    "topology.kubernetes.io/region": "eu",
    "topology.kubernetes.io/zone": "eu-1",
    "kubernetes.io/hostname": "n1",
  });
  expect(untold).toEqual({});
});

test("an istiod without a CLUSTER_ID calls its cluster Kubernetes; without an istiod, or with two, nobody can tell", () => {
  const wanted = { "topology.istio.io/cluster": "Kubernetes" };

  expect(matchTold(wanted, labelsOf(clusterOf([pod("shop/api"), istiod()])))).toBe(true);
  expect(matchTold(wanted, labelsOf(clusterOf([pod("shop/api"), id("west")])))).toBe(false);
  expect(matchTold(wanted, labelsOf(clusterOf([pod("shop/api")])))).toBeUndefined();
  expect(matchTold(wanted, labelsOf(clusterOf([pod("shop/api"), id("west"), id("east")])))).toBeUndefined();
  expect(matchTold({ ...wanted, app: "other" }, labelsOf(clusterOf([pod("shop/api")])))).toBe(false);
});

test("where the pods of a template will run is not told", () => {
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "api", namespace: "shop" },
    spec: { template: { metadata: { labels: { app: "api" } }, spec: { containers: [] } } },
  };
  const told = labelsOf(clusterOf([deployment], "directory"));

  expect(matchTold({ "topology.kubernetes.io/zone": "eu-1" }, told)).toBeUndefined();
  expect(whyUntold({ app: "api", "kubernetes.io/hostname": "n1" }, told)).toBe(
    "label kubernetes.io/hostname: the node that the pod will run on is not known",
  );
});

test("a pod's own labels tell its locality and network before its node and istiod's namespace do", () => {
  const api = pod("shop/api");
  const labels = { "istio-locality": "us.us-2", "topology.istio.io/network": "net2" };
  const own = { ...api, metadata: { ...api.metadata, labels } };
  const system = namespace("istio-system", { "topology.istio.io/network": "net1" });

  expect(labelsOf(clusterOf([own, system])).labels).toMatchObject({
    "topology.kubernetes.io/region": "us",
    "topology.kubernetes.io/zone": "us-2",
    "topology.istio.io/network": "net2",
  });
});

test("the endpoint of an entry has the cluster, its network and the locality that it says, and no node", () => {
  const cluster = clusterOf([id("west")]);

  expect(entryLabels(cluster, { app: "api" }, { locality: "eu/eu-1/rack", network: "net3" })).toEqual({
    labels: {
      app: "api",
      "topology.istio.io/cluster": "west",
      "topology.istio.io/network": "net3",
      "topology.kubernetes.io/region": "eu",
      "topology.kubernetes.io/zone": "eu-1",
      "topology.istio.io/subzone": "rack",
    },
    untold: {},
  });
});
