import { intents, mesh, observedOf, podYaml, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { compile } from "../compile/index.ts";
import { afterPlan, plan } from "../plan/index.ts";
import { proofOfPaths } from "../verify/index.ts";
import { trace } from "./trace.ts";
import { tracePaths } from "./tracePaths.ts";
import type { TraceRequest } from "./traceRequest.ts";
import { traceWorld } from "./traceWorld.ts";

const namespaces = `
{apiVersion: v1, kind: Namespace, metadata: {name: foo, labels: {istio-injection: enabled}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: bar, labels: {istio-injection: enabled}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: istio-system}}
---
`;

const client = `${namespaces}${podYaml("foo/sleep", "10.0.0.1")}`;

const gateway = JSON.stringify({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "gateway", namespace: "istio-system", labels: { istio: "ingressgateway" } },
  spec: { containers: [{ name: "istio-proxy" }], nodeName: "node" },
  status: { phase: "Running", podIP: "10.0.0.8", conditions: [{ type: "Ready", status: "True" }] },
});

const server = `${namespaces}
{apiVersion: v1, kind: Node, metadata: {name: node}, status: {addresses: [{type: InternalIP, address: 192.168.121.10}], conditions: [{type: Ready, status: "True"}]}}
---
${gateway}
---
{apiVersion: v1, kind: Service, metadata: {name: istio-ingressgateway, namespace: istio-system}, spec: {type: NodePort, clusterIP: 10.96.0.9, selector: {istio: ingressgateway}, ports: [{name: tls, port: 15443, targetPort: 15443, nodePort: 32001}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: httpbin, namespace: bar}, spec: {clusterIP: 10.96.0.1, selector: {app: httpbin}, ports: [{name: http, port: 8000, targetPort: 8080}]}}
---
${podYaml("bar/httpbin", "10.0.0.2")}`;

test.each(["PerCluster", "SameName", "Mesh"])(
  "a path of form %s reaches where the clusters' DNS domain is not cluster.local",
  (form) => {
    const declared = intents([sharedService("bar/httpbin", { as: [form] })], {
      mesh: mesh({ clusterDomain: "corp.internal" }),
    });
    const observed = observedOf({ cluster1: { yaml: client }, cluster2: { yaml: server } });
    const compiled = compile(declared, observed);
    const planned = plan(compiled, observed, { prune: true, adopt: false }).plan;
    const after = afterPlan(observed, planned);

    const [found] = tracePaths({ intents: declared, paths: compiled.paths, observed: after });
    const [proof] = proofOfPaths({ intents: declared, compiled, observed: after });

    expect(found?.path).toMatchObject({ sni: expect.stringMatching(/corp\.internal$/) });
    expect(found?.trace.verdict).toBe("reaches");
    expect(proof?.verdict).toBe("ok");
  },
);

test("a name of the cluster's own DNS domain is not a name of the outside world", () => {
  const declared = { mesh: mesh({ clusterDomain: "k8s.example.com" }) };
  const request: TraceRequest = {
    from: { cluster: "cluster1", namespace: "foo", workload: "sleep" },
    method: "GET",
    url: { scheme: "http", host: "nobody.bar.svc.k8s.example.com", port: 80, path: "/" },
    headers: {},
  };
  const observed = observedOf({ cluster1: { yaml: client } });

  expect(trace(traceWorld(observed, declared), request)).toMatchObject({
    verdict: "broken",
    branches: [{ outcome: { kind: "no-such-host" } }],
  });
  expect(trace(traceWorld(observed), request).verdict).toBe("reaches");
});

test("an endpoint by the cluster's own DNS name is found in a cluster of another domain", () => {
  const domain = { mesh: mesh({ clusterDomain: "corp.internal" }) };
  const yaml = `${server.replace("clusterIP: 10.96.0.1", "clusterIP: None")}
---
${podYaml("foo/sleep", "10.0.0.4")}
---
{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: e, namespace: foo}, spec: {hosts: [api.entry], addresses: [240.0.0.9], location: MESH_INTERNAL, resolution: DNS, ports: [{name: http, number: 8080, protocol: HTTP}], endpoints: [{address: httpbin.bar.svc.corp.internal}]}}`;
  const request: TraceRequest = {
    from: { cluster: "cluster2", namespace: "foo", workload: "sleep" },
    method: "GET",
    url: { scheme: "http", host: "api.entry", port: 8080, path: "/" },
    headers: {},
  };

  expect(trace(traceWorld(observedOf({ cluster2: { yaml } }), domain), request).branches).toMatchObject([
    { outcome: { kind: "answered", by: { type: "workload", namespace: "bar", name: "httpbin" } } },
  ]);
});
