import { gatewayService, meshCluster, pod } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { IstioCluster } from "../../istio/index.ts";
import { istioCluster } from "../../istio/index.ts";
import type { KubeObject } from "../../kinds/index.ts";
import { closeness, outsideEntries } from "./outsideEntries.ts";

const made = pod("istio-system/gateway");
const gatewayPod = {
  ...made,
  metadata: { ...made.metadata, labels: { istio: "ingressgateway" } },
  spec: { containers: [{ name: "istio-proxy" }] },
};

function clusterWith(...objects: readonly KubeObject[]): IstioCluster {
  const all = [gatewayService(), gatewayPod, ...objects];
  return istioCluster({ name: "c", source: "live", objects: all, istiodVersions: [], trustRoots: [] });
}

test("the same gateway has a way in by a declared address for whom one is declared, whoever asked before", () => {
  const cluster = clusterWith();
  const declared = meshCluster("c", { ingressGateway: { addresses: ["192.0.2.9"] } });
  const howOf = (each: typeof declared | undefined) => outsideEntries(cluster, 443, each).map(({ how }) => how);

  expect(howOf(undefined)).toEqual(["node port 30443"]);
  expect(howOf(declared)).toEqual(["the declared address 192.0.2.9"]);
  expect(howOf(undefined)).toEqual(["node port 30443"]);
});

test("an exact host is closer than wildcards, a longer wildcard than a shorter one, and any than none", () => {
  const gateway: KubeObject = {
    apiVersion: "networking.istio.io/v1",
    kind: "Gateway",
    metadata: { name: "gateway", namespace: "istio-system" },
    spec: {
      selector: { istio: "ingressgateway" },
      servers: [
        {
          port: { number: 443, name: "tls", protocol: "TLS" },
          hosts: ["ns/A.example.com", "*.example.com", "*.com"],
          tls: { mode: "PASSTHROUGH" },
        },
      ],
    },
  };
  const rank = (cluster: IstioCluster, host: string) =>
    outsideEntries(cluster, 443, undefined).map((entry) => closeness(entry, host));
  const open = clusterWith(gateway);

  expect(rank(open, "a.EXAMPLE.com")).toEqual([Number.POSITIVE_INFINITY]);
  expect(rank(open, "b.example.com")).toEqual(["*.example.com".length]);
  expect(rank(open, "b.com")).toEqual(["*.com".length]);
  expect(rank(open, "b.org")).toEqual([0.5]);
  expect(rank(clusterWith(), "b.org")).toEqual([0]);
});
