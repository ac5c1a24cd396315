import { externalAccess, intents, observedOf, podYaml, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { compile } from "../compile/index.ts";
import type { Intents, MeshConfig } from "../model/index.ts";
import { afterPlan, plan } from "../plan/index.ts";
import { tracePaths } from "./tracePaths.ts";

const namespaces = ["foo", "bar", "other"].map(
  (name) => `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: {istio-injection: enabled}}}`,
);

const client = [
  ...namespaces,
  "{apiVersion: v1, kind: Namespace, metadata: {name: istio-system}}",
  podYaml("foo/sleep", "10.0.0.1"),
];

const gateway = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "gateway", namespace: "istio-system", labels: { istio: "ingressgateway" } },
  spec: { containers: [{ name: "istio-proxy" }], nodeName: "node" },
  status: { phase: "Running", podIP: "10.0.0.8", conditions: [{ type: "Ready", status: "True" }] },
};

const server = [
  ...client,
  '{apiVersion: v1, kind: Node, metadata: {name: node}, status: {addresses: [{type: InternalIP, address: 192.168.121.10}], conditions: [{type: Ready, status: "True"}]}}',
  JSON.stringify(gateway),
  "{apiVersion: v1, kind: Service, metadata: {name: istio-ingressgateway, namespace: istio-system}, spec: {type: NodePort, clusterIP: 10.96.0.9, selector: {istio: ingressgateway}, ports: [{name: http2, port: 80, targetPort: 8080, nodePort: 30080}, {name: tls, port: 15443, targetPort: 15443, nodePort: 32001}]}}",
  "{apiVersion: v1, kind: Service, metadata: {name: httpbin, namespace: bar}, spec: {clusterIP: 10.96.0.1, selector: {app: httpbin}, ports: [{name: http, port: 8000, targetPort: 8080}]}}",
  podYaml("bar/httpbin", "10.0.0.2"),
];

const privately: Partial<MeshConfig> = {
  defaultServiceExportTo: ["."],
  defaultVirtualServiceExportTo: ["."],
  defaultDestinationRuleExportTo: ["."],
};

function problemsOf(declared: Intents, meshConfig: Partial<MeshConfig>, ...more: readonly string[]) {
  const observed = observedOf({
    cluster1: { yaml: [...client, ...more].join("\n---\n"), meshConfig },
    cluster2: { yaml: server.join("\n---\n"), meshConfig },
  });
  return compile(declared, observed).problems.map(({ code }) => code);
}

const withTimeout = intents([sharedService("bar/httpbin", { traffic: { timeout: "3s" } })]);

const virtualService = (namespace: string, exportTo = "") =>
  `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: v, namespace: ${namespace}}, spec: {${exportTo}hosts: [httpbin.bar.cluster2], http: [{route: [{destination: {host: a.b}}]}]}}`;

test("a VirtualService is not a conflict where it is private, be it by the mesh's default", () => {
  expect(problemsOf(withTimeout, {}, virtualService("other"))).toEqual(["VIRTUAL_SERVICE_CONFLICT"]);
  expect(problemsOf(withTimeout, privately, virtualService("other"))).toEqual([]);
  expect(problemsOf(withTimeout, privately, virtualService("other", 'exportTo: ["*"], '))).toEqual([
    "VIRTUAL_SERVICE_CONFLICT",
  ]);
  expect(problemsOf(withTimeout, privately, virtualService("foo"))).toEqual(["VIRTUAL_SERVICE_CONFLICT"]);
  expect(problemsOf(withTimeout, {}, virtualService("foo", "exportTo: [other], "))).toEqual([]);
});

test("a ServiceEntry of the same host is not a conflict where its namespace alone sees it", () => {
  const entry = (namespace: string) =>
    `{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: e, namespace: ${namespace}}, spec: {hosts: [httpbin.bar.cluster2], ports: [{number: 8000, name: http, protocol: HTTP}], resolution: DNS}}`;

  expect(problemsOf(withTimeout, {}, entry("other"))).toEqual(["HOST_CONFLICT"]);
  expect(problemsOf(withTimeout, privately, entry("other"))).toEqual([]);
  expect(problemsOf(withTimeout, privately, entry("foo"))).toEqual(["HOST_CONFLICT"]);
});

test("a DestinationRule is a conflict where callers look at it before ours, or with it", () => {
  const rule = (namespace: string, exportTo = "") =>
    `{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: r, namespace: ${namespace}}, spec: {${exportTo}host: httpbin.bar.cluster2, trafficPolicy: {tls: {mode: DISABLE}}}}`;
  const anywhere = intents([sharedService("bar/httpbin", { consumers: [{ clusters: ["cluster1"] }] })]);

  expect(problemsOf(withTimeout, {}, rule("foo"))).toEqual(["DESTINATION_RULE_CONFLICT"]);
  expect(problemsOf(withTimeout, privately, rule("foo"))).toEqual(["DESTINATION_RULE_CONFLICT"]);
  expect(problemsOf(withTimeout, {}, rule("foo", "exportTo: [other], "))).toEqual([]);
  // Callers of foo have a rule in foo, and look no further.
  expect(problemsOf(withTimeout, {}, rule("other"))).toEqual([]);
  expect(problemsOf(anywhere, {}, rule("other"))).toEqual(["DESTINATION_RULE_CONFLICT"]);
  expect(problemsOf(anywhere, privately, rule("istio-system"))).toEqual(["DESTINATION_RULE_CONFLICT"]);
});

test.each([
  ["PerCluster", ["foo"]],
  ["SameName", ["foo"]],
  ["Mesh", ["foo"]],
  ["PerCluster", undefined],
  ["SameName", undefined],
])("what we write works where everything is private by default: %s for %j", (form, consumers) => {
  const declared = intents([
    sharedService("bar/httpbin", {
      as: [form],
      traffic: { timeout: "3s" },
      consumers: [{ clusters: ["cluster1"], ...(consumers === undefined ? {} : { namespaces: consumers }) }],
    }),
  ]);
  const observed = observedOf({
    cluster1: { yaml: client.join("\n---\n"), meshConfig: privately },
    cluster2: { yaml: server.join("\n---\n"), meshConfig: privately },
  });

  const compiled = compile(declared, observed);
  const planned = plan(compiled, observed, { prune: true, adopt: false }).plan;
  const traces = tracePaths({ intents: declared, paths: compiled.paths, observed: afterPlan(observed, planned) });

  expect(compiled.problems).toEqual([]);
  expect(traces.map(({ path, trace }) => [path.host, trace.verdict])).toEqual([[expect.any(String), "reaches"]]);
});

test("a Service that the ingress gateway does not see cannot be let in", () => {
  const declared = intents([], { externalAccesses: [externalAccess("bar/httpbin")] });

  expect(problemsOf(declared, {})).toEqual([]);
  expect(problemsOf(declared, privately)).toEqual(["SERVICE_HIDDEN"]);
  expect(problemsOf(declared, { defaultServiceExportTo: [".", "istio-system"] })).toEqual([]);
});
