import { gatewayService, pod } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { KubeObject } from "../../kinds/index.ts";
import { istioCluster } from "../istioClusters.ts";
import { workloadOfPod } from "../workload.ts";
import { mergedGateway } from "./mergedGateway.ts";

const gatewayPod = pod("istio-system/gateway");
const labelled = { ...gatewayPod, metadata: { ...gatewayPod.metadata, labels: { istio: "ingressgateway" } } };

let age = 0;
function gateway(name: string, servers: readonly object[]): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "Gateway",
    metadata: { name, namespace: "bar", creationTimestamp: `2026-01-01T00:00:${`${age++}`.padStart(2, "0")}Z` },
    spec: { selector: { istio: "ingressgateway" }, servers },
  };
}
const server = (number: number, protocol: string, hosts: readonly string[], mode?: string, name = protocol) => ({
  port: { number, name, protocol },
  hosts,
  ...(mode === undefined ? {} : { tls: { mode, credentialName: "credential" } }),
});

/** What is taken as `gateway:port hosts`, and what is skipped as `gateway: why`. */
function merged(...gateways: readonly KubeObject[]) {
  const objects = [gatewayService(), ...gateways];
  const cluster = istioCluster({ name: "c", source: "live", objects, istiodVersions: [], trustRoots: [] });
  const workload = workloadOfPod("c", labelled);
  if (workload === undefined) throw new Error("no gateway");
  const { servers, skipped } = mergedGateway(cluster, workload);
  return [
    ...servers.map(({ gateway: { metadata }, port, hosts }) => `${metadata.name}:${port} ${hosts.join(" ")}`),
    ...skipped.map(({ gateway: { metadata }, why }) => `${metadata.name}: ${why}`),
  ];
}

test("a server's port is the Service's, and opens its target port; one that the Service lacks is the pod's own", () => {
  expect(merged(gateway("a", [server(443, "HTTPS", ["x.com"], "SIMPLE"), server(9999, "HTTP", ["*"])]))).toEqual([
    "a:8443 x.com",
    "a:9999 *",
  ]);
});

test("a host's namespace is its own for `.`, and none for `*`", () => {
  expect(merged(gateway("a", [server(80, "HTTP", ["./x.com", "*/y.com", "foo/z.com"])]))).toEqual([
    "a:8080 bar/x.com y.com foo/z.com",
  ]);
});

test("a TLS server with a host that an older one has is skipped as a whole", () => {
  const first = gateway("first", [server(15443, "TLS", ["x.com"], "AUTO_PASSTHROUGH")]);
  const second = gateway("second", [server(15443, "TLS", ["y.com", "x.com"], "AUTO_PASSTHROUGH")]);

  expect(merged(first, second)).toEqual([
    "first:15443 x.com",
    "second: an older server on port 15443 has x.com already",
  ]);
});

test("plain servers share a port only where both are HTTP", () => {
  const plain = gateway("plain", [server(80, "HTTP", ["x.com"])]);

  expect(merged(plain, gateway("web", [server(80, "HTTP", ["y.com"])]))).toEqual([
    "plain:8080 x.com",
    "web:8080 y.com",
  ]);
  expect(merged(plain, gateway("raw", [server(80, "TCP", ["*"])]))).toEqual([
    "plain:8080 x.com",
    "raw: an older server has port 8080 as HTTP",
  ]);
});
