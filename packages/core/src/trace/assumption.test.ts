import { observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { trace } from "./trace.ts";
import type { TraceUrl } from "./traceRequest.ts";
import { traceWorld } from "./traceWorld.ts";

const objects = [
  "{apiVersion: v1, kind: Namespace, metadata: {name: foo, labels: {istio-injection: enabled}}}",
  podYaml("foo/sleep", "10.0.0.1"),
  podYaml("bar/httpbin", "10.0.0.2"),
  "{apiVersion: v1, kind: Service, metadata: {name: httpbin, namespace: bar}, spec: {clusterIP: 10.96.0.1, selector: {app: httpbin}, ports: [{name: http, port: 8000}]}}",
];
const outlierDetection =
  "{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: httpbin, namespace: bar}, spec: {host: httpbin, trafficPolicy: {outlierDetection: {consecutive5xxErrors: 1}}}}";
const origination = [
  "{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: api, namespace: foo}, spec: {hosts: [api.example.com], resolution: DNS, location: MESH_EXTERNAL, ports: [{name: http, number: 80, protocol: HTTP, targetPort: 443}]}}",
  "{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: api, namespace: foo}, spec: {host: api.example.com, trafficPolicy: {tls: {mode: SIMPLE}}}}",
];

/** What a call of `sleep` assumes, as `about: detail`; with the verdict before it. */
function assumed(host: string, port: number, more: readonly string[] = [], isKnown = true): readonly string[] {
  const yaml = [...objects, ...more].join("\n---\n");
  const observed = observedOf({ c1: { yaml } });
  const clusters = new Map(
    [...observed.clusters].map(([name, { meshConfig, ...cluster }]) => [
      name,
      isKnown && meshConfig !== undefined ? { ...cluster, meshConfig } : cluster,
    ]),
  );
  const world = traceWorld({ ...observed, clusters });
  const url: TraceUrl = { scheme: "http", host, port, path: "/" };
  const from = { cluster: "c1", namespace: "foo", workload: "sleep" };
  const found = trace(world, { from, method: "GET", url, headers: {} });
  return [found.verdict, ...found.assumes.map(({ about, detail }) => `${about}: ${detail}`)];
}

test("an app is taken to listen where its pod lists no ports", () => {
  expect(assumed("httpbin.bar", 8000)).toEqual(["reaches", "application: bar/httpbin listens on port 8000"]);
});

test("no endpoint is taken to be ejected where outlier detection is on", () => {
  expect(assumed("httpbin.bar", 8000, [outlierDetection])).toEqual([
    "reaches",
    "application: bar/httpbin listens on port 8000",
    "health: no endpoint of httpbin.bar.svc.cluster.local is ejected",
  ]);
});

test("a name and a server of the outside world are taken to be there", () => {
  expect(assumed("www.example.org", 80)).toEqual([
    "reaches",
    "name: www.example.org resolves",
    "server: www.example.org:80 answers",
  ]);
});

test("certificates that are not the mesh's are taken to be good", () => {
  expect(assumed("api.example.com", 80, origination)).toContain(
    "credential: api.example.com and the proxy trust each other's certificates",
  );
});

test("DNS is taken to be captured where istiod's settings are not known", () => {
  const entry =
    "{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: x, namespace: foo}, spec: {hosts: [x.internal], addresses: [240.0.0.1], location: MESH_INTERNAL, resolution: STATIC, ports: [{name: http, number: 80, protocol: HTTP}], endpoints: [{address: 203.0.113.7}]}}";

  expect(assumed("x.internal", 80, [entry], false)).toContain(
    "settings: sidecars in c1 capture DNS (ConfigMap istio cannot be read)",
  );
});

test("what does not get there assumes nothing", () => {
  expect(assumed("nobody.foo", 8000)).toEqual(["broken"]);
});
