import { observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { trace } from "../trace.ts";
import { traceWorld } from "../traceWorld.ts";

const namespaces = ["shop", "istio-system"].map(
  (name) => `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: {istio-injection: enabled}}}\n---\n`,
);

const east = `${namespaces.join("")}${podYaml("shop/web", "10.1.0.1")}
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: api-corp, namespace: shop}
spec:
  hosts: [api.corp.example]
  addresses: [240.0.9.1]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{name: http, number: 80, protocol: HTTP}]
  endpoints: [{address: 192.0.2.2, ports: {http: 15443}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: api-corp, namespace: shop}
spec: {host: api.corp.example, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, sni: api.corp.example}}}
`;

const passthrough = `
{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: api, namespace: shop}, spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 15443, name: tls, protocol: TLS}, tls: {mode: PASSTHROUGH}, hosts: [api.corp.example]}]}}
---
{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: api, namespace: shop}, spec: {hosts: [api.corp.example], gateways: [api], tls: [{match: [{port: 15443, sniHosts: [api.corp.example]}], route: [{destination: {host: api.shop.svc.cluster.local, port: {number: 80}}}]}]}}
`;
const forwarded = `
{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: api, namespace: shop}, spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 15443, name: tcp, protocol: TCP}, hosts: ["*"]}]}}
---
{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: api, namespace: shop}, spec: {hosts: ["*"], gateways: [api], tcp: [{route: [{destination: {host: api.shop.svc.cluster.local, port: {number: 80}}}]}]}}
`;
const disabled = `
{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: api, namespace: shop}, spec: {host: api.shop.svc.cluster.local, trafficPolicy: {tls: {mode: DISABLE}}}}
`;
const strict = `
{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: default, namespace: shop}, spec: {mtls: {mode: STRICT}}}
`;
const allows = (account: string) => `
{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: api, namespace: shop}, spec: {rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/${account}]}}]}]}}
`;

/** What becomes of a call of web in one cluster by a gateway of another that ends no TLS. */
function called(...objects: readonly string[]) {
  const gateway = JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "gateway", namespace: "istio-system", labels: { istio: "ingressgateway" } },
    spec: { serviceAccountName: "gateway", containers: [{ name: "istio-proxy" }] },
    status: { phase: "Running", podIP: "10.2.0.8", conditions: [{ type: "Ready", status: "True" }] },
  });
  const west = `${namespaces.join("")}${podYaml("shop/api", "10.2.0.2")}${gateway}
---
{apiVersion: v1, kind: Service, metadata: {name: istio-ingressgateway, namespace: istio-system}, spec: {type: LoadBalancer, clusterIP: 10.97.0.9, selector: {istio: ingressgateway}, ports: [{name: tls, port: 15443, targetPort: 15443}]}, status: {loadBalancer: {ingress: [{ip: 192.0.2.2}]}}}
---
{apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {clusterIP: 10.97.0.1, selector: {app: api}, ports: [{name: http, port: 80, targetPort: 8080}]}}
---
${objects.join("---")}`;
  const found = trace(traceWorld(observedOf({ east: { yaml: east }, west: { yaml: west } })), {
    from: { cluster: "east", namespace: "shop", workload: "web" },
    method: "GET",
    url: { scheme: "http", host: "api.corp.example", port: 80, path: "/" },
    headers: {},
  });
  return [found.verdict, found.blamed?.code, found.branches[0]?.outcome];
}

const answered = {
  kind: "answered",
  by: { type: "workload", cluster: "west", namespace: "shop", name: "api", port: 8080 },
};

test("mutual TLS that a gateway passes through unwrapped ends at the server, with the caller's identity", () => {
  for (const gateway of [passthrough, forwarded]) {
    expect(called(gateway, disabled, strict)).toEqual(["reaches", undefined, answered]);
    expect(called(gateway, disabled, strict, allows("web"))).toEqual(["reaches", undefined, answered]);
    expect(called(gateway, disabled, strict, allows("gateway"))[2]).toEqual({ kind: "refused", status: 403 });
  }
});

test("wrapped once more by the gateway it is not HTTP to the server", () => {
  expect(called(passthrough, strict).slice(0, 2)).toEqual(["broken", "TRACE_PROTOCOL_MISMATCH"]);
});

test("a server that takes TLS for plain bytes does not understand what the gateway leaves wrapped", () => {
  expect(called(passthrough, disabled, strict.replace("STRICT", "DISABLE"))[0]).toBe("broken");
});
