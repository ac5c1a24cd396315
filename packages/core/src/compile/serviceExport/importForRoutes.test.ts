import { intents, mesh, namespace, observedCluster, pod, service } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { KubeObject } from "../../kinds/index.ts";
import { compile } from "../compile.ts";

const asked = intents([], { mesh: mesh({ mcs: {} }) });

const serviceExport: KubeObject = {
  apiVersion: "multicluster.x-k8s.io/v1alpha1",
  kind: "ServiceExport",
  metadata: { name: "httpbin", namespace: "bar" },
};

const route: KubeObject = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: "front", namespace: "bar" },
  spec: {
    rules: [{ backendRefs: [{ group: "multicluster.x-k8s.io", kind: "ServiceImport", name: "httpbin", port: 8000 }] }],
  },
};

const httpbin = [service("bar/httpbin"), pod("bar/httpbin"), serviceExport];

function istiod(env: readonly { name: string; value: string }[]): KubeObject {
  const metadata = { name: "istiod-1", namespace: "istio-system" };
  return { apiVersion: "v1", kind: "Pod", metadata, spec: { containers: [{ name: "discovery", env }] } };
}

function compiled(inFirst: readonly KubeObject[]) {
  const clusters = new Map([
    ["cluster1", observedCluster("cluster1", "192.0.2.1", [namespace("bar"), ...inFirst])],
    ["cluster2", observedCluster("cluster2", "192.0.2.2", [namespace("bar"), ...httpbin])],
  ]);
  const { desired, problems } = compile(asked, { clusters, unreachable: new Map() });
  const objects = desired.get("cluster1") ?? [];
  return { objects, kinds: objects.map(({ kind }) => kind), problems };
}

test("without a route to it a ServiceImport makes no Service", () => {
  const { kinds } = compiled([]);

  expect(kinds).toEqual(["ServiceImport", "DestinationRule", "ServiceEntry"]);
});

test("a route with a ServiceImport as its backend gets the Service that istiod asks for, with remote endpoints", () => {
  const { objects, problems } = compiled([route]);

  const imported = objects.find(({ kind }) => kind === "Service");
  expect(imported).toMatchObject({
    metadata: { name: "httpbin", namespace: "bar" },
    spec: { selector: { "isthmus.io/import": "httpbin" }, ports: [{ name: "http", port: 8000 }] },
  });
  const endpoint = objects.find(({ kind }) => kind === "WorkloadEntry");
  expect(endpoint?.spec).toMatchObject({ address: "192.0.2.2", ports: { http: 32001 } });
  expect(problems).toEqual([]);
});

test.each(["GRPCRoute", "TCPRoute", "TLSRoute"])("a %s gets it as well", (kind) => {
  const { kinds, problems } = compiled([{ ...route, kind }]);

  expect(kinds).toContain("WorkloadEntry");
  expect(problems).toEqual([]);
});

test("a route in a cluster that has the Service stays there, which is told", () => {
  const { kinds, problems } = compiled([route, service("bar/httpbin"), pod("bar/httpbin")]);

  expect(kinds).toEqual(["ServiceImport", "DestinationRule", "ServiceEntry"]);
  expect(problems).toMatchObject([{ code: "ROUTE_LOCAL_ONLY", at: "cluster1: HTTPRoute bar/front" }]);
});

test("with ENABLE_MCS_HOST istiod leads the route to our name, and gets no ServiceImport to make a second one of", () => {
  const { kinds, problems } = compiled([
    route,
    service("bar/httpbin"),
    pod("bar/httpbin"),
    istiod([{ name: "ENABLE_MCS_HOST", value: "true" }]),
  ]);

  expect(kinds).toEqual(["DestinationRule", "ServiceEntry"]);
  expect(problems).toEqual([]);
});
