import { externalAccess, intents, observedOf, podYaml, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { compile } from "../compile/index.ts";
import type { MeshConfig } from "../model/index.ts";
import { afterPlan, plan } from "../plan/index.ts";
import { trace } from "./trace.ts";
import { tracePaths } from "./tracePaths.ts";
import type { TraceRequest } from "./traceRequest.ts";
import { traceWorld } from "./traceWorld.ts";

const labels = (name: string, chosen: readonly string[]) =>
  JSON.stringify({ "istio-injection": "enabled", ...(chosen.includes(name) ? { mesh: "on" } : {}) });

/** `chosen`: namespaces that istiod looks into. */
const namespaces = (chosen: readonly string[]) =>
  ["foo", "bar", "other", "istio-system"].map(
    (name) => `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: ${labels(name, chosen)}}}`,
  );

const everywhere = ["foo", "bar", "other", "istio-system"];

const selective: Partial<MeshConfig> = { discoverySelectors: [{ matchLabels: { mesh: "on" } }] };

const client = (chosen: readonly string[]) => [...namespaces(chosen), podYaml("foo/sleep", "10.0.0.1")];

const gateway = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "gateway", namespace: "istio-system", labels: { istio: "ingressgateway" } },
  spec: { containers: [{ name: "istio-proxy" }], nodeName: "node" },
  status: { phase: "Running", podIP: "10.0.0.8", conditions: [{ type: "Ready", status: "True" }] },
};

const server = (chosen: readonly string[]) => [
  ...client(chosen),
  '{apiVersion: v1, kind: Node, metadata: {name: node}, status: {addresses: [{type: InternalIP, address: 192.168.121.10}], conditions: [{type: Ready, status: "True"}]}}',
  JSON.stringify(gateway),
  "{apiVersion: v1, kind: Service, metadata: {name: istio-ingressgateway, namespace: istio-system}, spec: {type: NodePort, clusterIP: 10.96.0.9, selector: {istio: ingressgateway}, ports: [{name: http2, port: 80, targetPort: 8080, nodePort: 30080}, {name: tls, port: 15443, targetPort: 15443, nodePort: 32001}]}}",
  "{apiVersion: v1, kind: Service, metadata: {name: httpbin, namespace: bar}, spec: {clusterIP: 10.96.0.1, selector: {app: httpbin}, ports: [{name: http, port: 8000, targetPort: 8080}]}}",
  podYaml("bar/httpbin", "10.0.0.2"),
];

function worldOf(chosen: Readonly<Record<"cluster1" | "cluster2", readonly string[]>>) {
  return observedOf({
    cluster1: { yaml: client(chosen.cluster1).join("\n---\n"), meshConfig: selective },
    cluster2: { yaml: server(chosen.cluster2).join("\n---\n"), meshConfig: selective },
  });
}

const problemsOf = (declared: ReturnType<typeof intents>, chosen: Parameters<typeof worldOf>[0]) =>
  compile(declared, worldOf(chosen)).problems.map(({ code, message }) => [code, message]);

test.each([
  ["the serving namespace", { cluster2: ["istio-system"] }, /^Service bar\/httpbin in cluster2 is in namespace bar/],
  ["the gateway's namespace", { cluster2: ["bar"] }, /^the gateway in cluster2 is in namespace istio-system/],
  [
    "a caller's namespace",
    { cluster1: ["istio-system"] },
    /^what callers need to know in cluster1 is in namespace foo/,
  ],
])("a declaration that needs %s is told where istiod does not look into it", (_, chosen, message) => {
  const declared = intents([sharedService("bar/httpbin")]);

  expect(problemsOf(declared, { cluster1: everywhere, cluster2: everywhere })).toEqual([]);
  expect(problemsOf(declared, { cluster1: everywhere, cluster2: everywhere, ...chosen })).toEqual([
    ["NAMESPACE_UNDISCOVERED", expect.stringMatching(message)],
  ]);
});

test("callers of any namespace need Istio's own, and an imported Service the namespace that it is in", () => {
  const anywhere = intents([sharedService("bar/httpbin", { consumers: [{ clusters: ["cluster1"] }] })]);
  const sameName = intents([sharedService("bar/httpbin", { as: ["SameName"] })]);
  const letIn = intents([], { externalAccesses: [externalAccess("bar/httpbin")] });
  const codes = (declared: ReturnType<typeof intents>, cluster1: readonly string[], cluster2 = everywhere) =>
    problemsOf(declared, { cluster1, cluster2 }).map(([code]) => code);

  expect(codes(anywhere, ["foo"])).toEqual(["NAMESPACE_UNDISCOVERED"]);
  expect(codes(anywhere, ["istio-system"])).toEqual([]);
  expect(codes(sameName, ["foo", "istio-system"])).toEqual(["NAMESPACE_UNDISCOVERED"]);
  expect(codes(sameName, ["foo", "bar"])).toEqual([]);
  expect(codes(letIn, [], ["istio-system"])).toEqual(["NAMESPACE_UNDISCOVERED"]);
});

/** What becomes of the declared path where the labels are taken away after the apply. */
function traceAfter(chosen: Parameters<typeof worldOf>[0]) {
  const declared = intents([sharedService("bar/httpbin")]);
  const before = worldOf({ cluster1: everywhere, cluster2: everywhere });
  const compiled = compile(declared, before);
  const applied = afterPlan(before, plan(compiled, before, { prune: true, adopt: false }).plan);
  const relabelled = worldOf(chosen);
  const observed = {
    ...applied,
    clusters: new Map(
      [...applied.clusters].map(([name, cluster]) => {
        const now = relabelled.clusters.get(name)?.objects.filter(({ kind }) => kind === "Namespace") ?? [];
        return [name, { ...cluster, objects: [...now, ...cluster.objects.filter(({ kind }) => kind !== "Namespace")] }];
      }),
    ),
  };
  return tracePaths({ intents: declared, paths: compiled.paths, observed })[0]?.trace;
}

test("a gateway has nothing to forward to in a namespace that istiod does not look into, which is what is blamed", () => {
  expect(traceAfter({ cluster1: everywhere, cluster2: everywhere })?.verdict).toBe("reaches");
  expect(traceAfter({ cluster1: everywhere, cluster2: ["istio-system"] })).toMatchObject({
    verdict: "broken",
    blamed: {
      cluster: "cluster2",
      object: { kind: "Service", namespace: "bar", name: "httpbin" },
      detail: expect.stringContaining("discoverySelectors"),
    },
  });
});

test("a Gateway that istiod does not see opens no port", () => {
  expect(traceAfter({ cluster1: everywhere, cluster2: ["bar"] })).toMatchObject({
    verdict: "broken",
    blamed: {
      code: "TRACE_NOTHING_LISTENS",
      object: { kind: "Gateway", namespace: "istio-system" },
      detail: expect.stringContaining("discoverySelectors"),
    },
  });
});

test("a name that istiod does not see is not a name to the caller's sidecar", () => {
  expect(traceAfter({ cluster1: ["istio-system"], cluster2: everywhere })).toMatchObject({
    verdict: "broken",
    blamed: {
      code: "TRACE_HOST_HIDDEN",
      object: { kind: "ServiceEntry", namespace: "foo" },
      detail: expect.stringContaining("discoverySelectors"),
    },
  });
});

/** From foo to `httpbin.bar` of the same cluster. */
function callInside(chosen: readonly string[], more = "", meshConfig: Partial<MeshConfig> = {}) {
  const yaml = [...server(chosen), more].filter((each) => each !== "").join("\n---\n");
  const request: TraceRequest = {
    from: { cluster: "cluster2", namespace: "foo", workload: "sleep" },
    method: "GET",
    url: { scheme: "http", host: "httpbin.bar", port: 8000, path: "/" },
    headers: {},
  };
  return trace(traceWorld(observedOf({ cluster2: { yaml, meshConfig: { ...selective, ...meshConfig } } })), request);
}

test("cluster DNS and kube-proxy go on: a call to a Service that istiod does not see passes through in plain text", () => {
  const found = callInside(["foo"]);

  expect(found.verdict).toBe("reaches");
  expect(found.branches[0]?.hops.map(({ detail }) => detail).join("\n")).toMatch(/passes through.*discoverySelectors/);
  expect(callInside(["foo"], "", { outboundTrafficPolicy: "REGISTRY_ONLY" })).toMatchObject({
    verdict: "broken",
    blamed: { code: "TRACE_HOST_HIDDEN", detail: expect.stringContaining("discoverySelectors") },
  });
});

test("a policy in a namespace that istiod does not look into is as if it were not there", () => {
  const deny =
    "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: nothing, namespace: bar}, spec: {}}";
  const strict =
    "{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: all, namespace: istio-system}, spec: {mtls: {mode: STRICT}}}";

  expect(callInside(["foo", "bar"], deny).blamed?.code).toBe("TRACE_DENIED");
  expect(callInside(["foo"], deny).verdict).toBe("reaches");
  expect(callInside(["foo", "istio-system"], strict).blamed?.code).toBe("TRACE_MUTUAL_TLS");
  expect(callInside(["foo"], strict).verdict).toBe("reaches");
});
