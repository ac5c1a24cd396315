import { gatewayService, namespace, node, observedCluster, pod, service } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { KubeObject } from "../kinds/index.ts";
import type { MeshCluster, ObservedCluster } from "../model/index.ts";
import { addressOwner } from "./addressOwner.ts";
import { traceWorld } from "./traceWorld.ts";

/** Who has an address, for a caller in cluster1; the gateway of cluster2 is declared with `addresses`. */
function ownerOf(
  address: string,
  port: number,
  objects: readonly KubeObject[],
  { addresses, ...overrides }: Partial<ObservedCluster> & { readonly addresses?: readonly string[] } = {},
) {
  const client = observedCluster("cluster1", "192.0.2.1");
  const server = { ...observedCluster("cluster2", "192.0.2.2", [], overrides), objects };
  const gateway = { namespace: "istio-system", selector: { istio: "ingressgateway" }, port: 15443, addresses };
  const declared = { metadata: { name: "cluster2" }, spec: { eastWestGateway: gateway, ingressGateway: gateway } };
  const world = {
    ...traceWorld({ clusters: new Map([client, server].map((each) => [each.name, each])), unreachable: new Map() }),
    declared: [declared as unknown as MeshCluster],
  };
  const found = addressOwner(world, "cluster1", address, port);
  if (found?.kind === "gateway") return `gateway ${found.workloads.map(({ name }) => name).join(" ")}:${found.port}`;
  if (found?.kind === "pod") return `pod ${found.workload.name}`;
  return found?.kind === "service" ? `service ${found.service.metadata.name}:${found.port.port}` : found?.kind;
}

const gatewayPod = pod("istio-system/gateway-1", { app: "gateway", sidecar: false });
const labelled = { ...gatewayPod, metadata: { ...gatewayPod.metadata, labels: { istio: "ingressgateway" } } };
const onHostPorts = { addresses: ["198.51.100.20:8443"] };

test("a declared address leads to the gateway's Service, and without one to its pods at the port of its server", () => {
  expect(ownerOf("198.51.100.20", 8443, [labelled, gatewayService()], onHostPorts)).toBe(
    "service istio-ingressgateway:15443",
  );
  expect(ownerOf("198.51.100.20", 8443, [labelled], onHostPorts)).toBe("gateway gateway-1:15443");
  expect(ownerOf("198.51.100.20", 15443, [labelled], onHostPorts)).toBeUndefined();
});

test("without ready pods nothing is there; in manifests, which often lack them, they are taken to run", () => {
  const unready = { ...labelled, status: { phase: "Running", conditions: [{ type: "Ready", status: "False" }] } };

  expect(ownerOf("198.51.100.20", 8443, [unready], onHostPorts)).toBe("nothing");
  expect(ownerOf("198.51.100.20", 8443, [namespace("istio-system")], onHostPorts)).toBe("nothing");
  expect(ownerOf("198.51.100.20", 8443, [namespace("istio-system")], { ...onHostPorts, source: "directory" })).toBe(
    "gateway ingressgateway:15443",
  );
});

test("IPv6 addresses are the same however they are written", () => {
  const v6 = { addresses: ["[2001:DB8::20]:8443", "2001:db8:0:0::21"] };
  const balanced = gatewayService({ type: "LoadBalancer" }, { loadBalancer: { ingress: [{ ip: "2001:DB8::30" }] } });

  expect(ownerOf("2001:db8:0::20", 8443, [labelled], v6)).toBe("gateway gateway-1:15443");
  expect(ownerOf("2001:db8::21", 15443, [labelled], v6)).toBe("gateway gateway-1:15443");
  expect(ownerOf("2001:db8::30", 15443, [labelled, balanced])).toBe("service istio-ingressgateway:15443");
  expect(ownerOf("2001:db8::40", 32001, [labelled, gatewayService(), node("n6", "2001:DB8:0::40")])).toBe(
    "service istio-ingressgateway:15443",
  );
});

test("a pod of a dual-stack cluster is found by both of its addresses", () => {
  const client = observedCluster("cluster1", "192.0.2.1");
  const api = pod("bar/api");
  const both = {
    ...api,
    status: { ...api.status, podIP: "10.0.0.2", podIPs: [{ ip: "10.0.0.2" }, { ip: "FD00::2" }] },
  };
  const world = traceWorld({
    clusters: new Map([["cluster1", { ...client, objects: [...client.objects, both, service("bar/api")] }]]),
    unreachable: new Map(),
  });

  for (const address of ["10.0.0.2", "fd00::2"]) {
    expect(addressOwner(world, "cluster1", address, 80)).toMatchObject({ kind: "pod", workload: { name: "api" } });
  }
});
