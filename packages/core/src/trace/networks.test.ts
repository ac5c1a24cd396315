import { observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { MeshConfig } from "../model/index.ts";
import { trace } from "./trace.ts";
import type { TraceRequest } from "./traceRequest.ts";
import { traceWorld } from "./traceWorld.ts";

const namespaces = (network: string) => `
{apiVersion: v1, kind: Namespace, metadata: {name: foo, labels: {istio-injection: enabled}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: bar, labels: {istio-injection: enabled}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: istio-system${network === "" ? "" : `, labels: {topology.istio.io/network: ${network}}`}}}
---
`;

const service =
  "{apiVersion: v1, kind: Service, metadata: {name: httpbin, namespace: bar}, spec: {clusterIP: 10.96.0.1, selector: {app: httpbin}, ports: [{name: http, port: 8000, targetPort: 8080}]}}";

const request: TraceRequest = {
  from: { cluster: "east", namespace: "foo", workload: "sleep" },
  method: "GET",
  url: { scheme: "http", host: "httpbin.bar", port: 8000, path: "/" },
  headers: {},
};

function call(
  east: readonly string[],
  west: readonly string[] = [],
  { eastNetwork = "", westNetwork = "", meshConfig = {} as Partial<MeshConfig> } = {},
) {
  const observed = observedOf({
    east: { yaml: namespaces(eastNetwork) + [podYaml("foo/sleep", "10.1.0.1"), ...east].join("\n---\n"), meshConfig },
    west: {
      yaml: namespaces(westNetwork) + [podYaml("foo/sleep", "10.2.0.1"), ...west].join("\n---\n"),
    },
  });
  return trace(traceWorld(observed), request);
}

test("endpoints of another cluster that only a remote Secret decides leave the verdict unknown", () => {
  const west = [service, podYaml("bar/httpbin", "10.2.0.2")];
  const named = { eastNetwork: "net-east", westNetwork: "net-west" };

  expect(call([service], west).verdict).toBe("broken");
  expect(call([service], west, { eastNetwork: "net-east" }).verdict).toBe("broken");
  expect(call([service], west, named)).toMatchObject({
    verdict: "unknown",
    branches: [{ outcome: { kind: "unknown", why: expect.stringContaining("remote Secret") } }],
  });
  // What nobody serves is broken whoever reads whom.
  expect(call([service], [service], named).verdict).toBe("broken");
});

test("nor is a name that only the other cluster's Service has a definite no", () => {
  const west = [service, podYaml("bar/httpbin", "10.2.0.2")];

  expect(call([], west, { eastNetwork: "net-east", westNetwork: "net-west" }).verdict).toBe("unknown");
  expect(call([], west).branches[0]?.outcome).toEqual({ kind: "no-such-host" });
});

const westGateway = [
  '{apiVersion: v1, kind: Node, metadata: {name: node}, status: {addresses: [{type: InternalIP, address: 192.0.2.9}], conditions: [{type: Ready, status: "True"}]}}',
  JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "gateway", namespace: "istio-system", labels: { istio: "eastwestgateway" } },
    spec: { containers: [{ name: "istio-proxy" }], nodeName: "node" },
    status: { phase: "Running", podIP: "10.2.0.8", conditions: [{ type: "Ready", status: "True" }] },
  }),
  "{apiVersion: v1, kind: Service, metadata: {name: gateway, namespace: istio-system}, spec: {type: LoadBalancer, clusterIP: 10.96.0.9, selector: {istio: eastwestgateway}, ports: [{name: tls, port: 15443}]}, status: {loadBalancer: {ingress: [{ip: 192.0.2.2}]}}}",
  '{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: cross, namespace: istio-system}, spec: {selector: {istio: eastwestgateway}, servers: [{port: {number: 15443, name: tls, protocol: TLS}, tls: {mode: AUTO_PASSTHROUGH}, hosts: ["*.local"]}]}}',
  service,
  podYaml("bar/httpbin", "10.2.0.2"),
];

const entry = (spec: Record<string, unknown>) =>
  JSON.stringify({
    apiVersion: "networking.istio.io/v1",
    kind: "WorkloadEntry",
    metadata: { name: "remote", namespace: "bar" },
    spec: { labels: { app: "httpbin" }, serviceAccount: "httpbin", ...spec },
  });

const networks = (...addresses: readonly string[]): Partial<MeshConfig> => ({
  networks: [
    {
      name: "net-west",
      registries: [],
      cidrs: [],
      gateways: addresses.map((address) => ({ address, port: 15443 })),
    },
  ],
});

test.each([
  ["whose address nobody can reach", { address: "10.9.9.9", network: "net-west" }],
  ["without an address", { network: "net-west" }],
])("an endpoint of another network %s is reached by that network's gateway", (_, spec) => {
  const found = call([service, entry(spec)], westGateway, { meshConfig: networks("192.0.2.2") });

  expect(found.verdict).toBe("reaches");
  expect(found.branches).toMatchObject([{ outcome: { kind: "answered", by: { cluster: "west", name: "httpbin" } } }]);
});

test("an endpoint without a network, or of one without a gateway, is reached as it is", () => {
  const direct = (spec: Record<string, unknown>, meshConfig: Partial<MeshConfig>) =>
    call([service, entry(spec)], westGateway, { meshConfig }).verdict;

  expect(direct({ address: "192.0.2.2", ports: { http: 15443 } }, networks("192.0.2.99"))).toBe("reaches");
  expect(direct({ address: "192.0.2.2", ports: { http: 15443 }, network: "net-south" }, networks("192.0.2.99"))).toBe(
    "reaches",
  );
  // No address at all: Envoy is given none.
  expect(direct({ network: "net-south" }, networks("192.0.2.99"))).toBe("broken");
});

test("an endpoint of another network that takes no mutual TLS is left out", () => {
  const plain = entry({ address: "10.9.9.9", network: "net-west", serviceAccount: "" });

  expect(call([service, plain], westGateway, { meshConfig: networks("192.0.2.2") }).verdict).toBe("broken");
});

test("several gateways of a network share its endpoint's part", () => {
  const local = podYaml("bar/httpbin", "10.1.0.2");
  const found = call([service, local, entry({ address: "10.9.9.9", network: "net-west" })], westGateway, {
    meshConfig: networks("192.0.2.2", "192.0.2.3"),
  });

  expect(found.branches.map(({ probability }) => probability)).toEqual([0.5, 0.25, 0.25]);
});

test("a Service with the network's label is its gateway", () => {
  const gateway =
    "{apiVersion: v1, kind: Service, metadata: {name: cross, namespace: istio-system, labels: {topology.istio.io/network: net-west}}, spec: {clusterIP: 10.96.0.8, ports: [{name: tls, port: 15443}]}, status: {loadBalancer: {ingress: [{ip: 192.0.2.2}]}}}";

  const found = call([service, gateway, entry({ address: "10.9.9.9", network: "net-west" })]);

  expect(found.branches[0]?.hops.map(({ detail }) => detail)).toContain("192.0.2.2:15443");
});
