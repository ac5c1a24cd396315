import { intents, observedOf, podYaml, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { compile } from "../compile/index.ts";
import { trace } from "./trace.ts";
import { traceWorld } from "./traceWorld.ts";

const base = `
{apiVersion: v1, kind: Namespace, metadata: {name: bar, labels: {istio-injection: enabled}}}
---
{apiVersion: v1, kind: Service, metadata: {name: httpbin, namespace: bar}, spec: {clusterIP: 10.96.0.1, selector: {app: httpbin}, ports: [{name: http, port: 8000, targetPort: 8080}]}}
---
${podYaml("bar/web", "10.0.0.3")}`;
const entry = (spec: string) => `
{apiVersion: networking.istio.io/v1, kind: WorkloadEntry, metadata: {name: vm1, namespace: bar}, spec: {address: 10.2.9.9, labels: {app: httpbin}${spec}}}
---
`;
const policy = (mode: string) => `
{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: default, namespace: bar}, spec: {mtls: {mode: ${mode}}}}
---
`;

function call(yaml: string, host = "httpbin.bar", port = 8000) {
  return trace(traceWorld(observedOf({ west: { yaml: base + yaml } })), {
    from: { cluster: "west", namespace: "bar", workload: "web" },
    method: "GET",
    url: { scheme: "http", host, port, path: "/" },
    headers: {},
  });
}

test("a machine behind a Service would answer, if it runs and listens", () => {
  const found = call(entry(", serviceAccount: api"));

  expect(found).toMatchObject({
    verdict: "reaches",
    assumes: [{ about: "application", detail: "machine bar/vm1 runs and listens on port 8080" }],
  });
  expect(found.branches[0]?.hops.find(({ name }) => name === "destination")?.object).toEqual({
    cluster: "west",
    kind: "WorkloadEntry",
    namespace: "bar",
    name: "vm1",
  });
});

test("the policies of its namespace hold for a machine's sidecar as for a pod's", () => {
  expect(call(entry(", serviceAccount: api") + policy("STRICT")).verdict).toBe("reaches");
  expect(call(entry(", serviceAccount: api") + policy("STRICT"), "10.2.9.9", 9000).blamed?.code).toBe(
    "TRACE_MUTUAL_TLS",
  );
});

test("a machine without a sidecar is called in plain text", () => {
  const found = call(entry(""));

  expect(found.verdict).toBe("reaches");
  expect(found.branches[0]?.hops.find(({ name }) => name === "destination")?.detail).toContain("has no sidecar");
});

test("a machine with mutual TLS whose account nobody names is taken to have an accepted one", () => {
  const other = entry(", serviceAccount: api").replace("vm1", "vm2").replace("10.2.9.9", "10.2.9.10");
  const unnamed = entry("").replace("app: httpbin", "app: httpbin, security.istio.io/tlsMode: istio");

  expect(call(other + unnamed).assumes).toContainEqual({
    about: "credential",
    detail: "bar/vm1 has one of the identities spiffe://cluster.local/ns/bar/sa/api",
  });
});

test("a Service with machines only may be shared, by the accounts that their entries name", () => {
  const shared = (yaml: string) =>
    compile(
      intents([sharedService("bar/httpbin")]),
      observedOf({
        cluster1: {
          yaml: "{apiVersion: v1, kind: Namespace, metadata: {name: foo, labels: {istio-injection: enabled}}}",
        },
        cluster2: { yaml: base + gateway + yaml },
      }),
    );
  const codes = (yaml: string) => shared(yaml).problems.map(({ code }) => code);

  const { desired } = shared(entry(", serviceAccount: api"));
  expect(JSON.stringify(desired.get("cluster1"))).toContain("spiffe://cluster.local/ns/bar/sa/api");
  expect(codes(entry(""))).toContain("SIDECAR_MISSING");
  expect(codes(entry("").replace("app: httpbin", "app: httpbin, security.istio.io/tlsMode: istio"))).toContain(
    "SERVICE_ACCOUNT_UNKNOWN",
  );
});

const gateway = `
{apiVersion: v1, kind: Service, metadata: {name: istio-ingressgateway, namespace: istio-system}, spec: {type: LoadBalancer, clusterIP: 10.96.0.9, selector: {istio: ingressgateway}, ports: [{name: tls, port: 15443}]}, status: {loadBalancer: {ingress: [{ip: 192.0.2.2}]}}}
---
`;
