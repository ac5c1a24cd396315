import { observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { trace } from "./trace.ts";
import type { Trace } from "./traceResult.ts";
import { traceWorld } from "./traceWorld.ts";

const base = `
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio-injection: enabled}}}
---
{apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {clusterIP: 10.96.0.1, selector: {app: api}, ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp, port: 90}]}}
---
${podYaml("shop/api", "10.0.0.2")}${podYaml("shop/web", "10.0.0.3")}`;

const istiod = (env: string) => `---
{apiVersion: v1, kind: Pod, metadata: {name: istiod, namespace: istio-system}, spec: {containers: [{name: discovery, env: [${env}]}]}}
`;
const west = istiod("{name: CLUSTER_ID, value: west}");

const subset = (value: string) => `---
{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: api, namespace: shop}, spec: {host: api, subsets: [{name: here, labels: {topology.istio.io/cluster: ${value}}}]}}
`;
const routed = (spec: string) => `---
{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: api, namespace: shop}, spec: {hosts: [api], ${spec}}}
`;
const toSubset = routed("http: [{route: [{destination: {host: api, subset: here}}]}]");

function call(yaml: string, scheme: "http" | "tcp" = "http"): Trace {
  return trace(traceWorld(observedOf({ west: { yaml: `${base}${yaml}` } })), {
    from: { cluster: "west", namespace: "shop", workload: "web" },
    method: "GET",
    url: { scheme, host: "api.shop", port: scheme === "http" ? 80 : 90, path: "/" },
    headers: {},
  });
}

test("a subset may choose by the cluster's label, which istiod adds", () => {
  expect(call(west + subset("west") + toSubset).verdict).toBe("reaches");
  expect(call(west + subset("east") + toSubset).blamed?.code).toBe("TRACE_SUBSET_EMPTY");
  expect(call(istiod("") + subset("Kubernetes") + toSubset).verdict).toBe("reaches");
});

test("without istiod in sight a subset by the cluster's label cannot be told", () => {
  const found = call(subset("west") + toSubset);

  expect(found.verdict).toBe("unknown");
  expect(found.branches[0]?.hops.at(-1)).toMatchObject({
    object: { kind: "DestinationRule", name: "api" },
    field: "spec.subsets[0].labels",
    detail: expect.stringContaining("CLUSTER_ID of west's istiod"),
  });
});

test("a passthrough gateway chooses the endpoints of a subset by such a label too", () => {
  const gateway = `---
{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: open, namespace: istio-system}, spec: {selector: {istio: gateway}, servers: [{port: {number: 15443, name: tls, protocol: TLS}, tls: {mode: AUTO_PASSTHROUGH}, hosts: ["*.local"]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: gateway, namespace: istio-system, labels: {istio: gateway}}, spec: {containers: [{name: istio-proxy}]}, status: {phase: Running, podIP: 10.0.0.9, conditions: [{type: Ready, status: "True"}]}}
---
{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: by-gateway, namespace: shop}, spec: {hosts: [api.example], addresses: [240.0.0.1], location: MESH_INTERNAL, resolution: STATIC, ports: [{name: http, number: 80, protocol: HTTP}], endpoints: [{address: 10.0.0.9, ports: {http: 15443}}]}}
---
{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: by-gateway, namespace: shop}, spec: {host: api.example, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, sni: outbound_.80_.here_.api.shop.svc.cluster.local}}}}
`;
  const byGateway = (yaml: string) => {
    const found = trace(traceWorld(observedOf({ west: { yaml: `${base}${gateway}${yaml}` } })), {
      from: { cluster: "west", namespace: "shop", workload: "web" },
      method: "GET",
      url: { scheme: "http", host: "api.example", port: 80, path: "/" },
      headers: {},
    });
    return [found.verdict, found.blamed?.code];
  };

  expect(byGateway(west + subset("west"))).toEqual(["reaches", undefined]);
  expect(byGateway(west + subset("east"))).toEqual(["broken", "TRACE_GATEWAY_ENDPOINTS"]);
  expect(byGateway(subset("west"))).toEqual(["unknown", undefined]);
});

test("routes may ask for the caller's cluster, and where that is not told neither is the route", () => {
  const match = "match: [{sourceLabels: {topology.istio.io/cluster: west}}]";
  const http = routed(`http: [{${match}, directResponse: {status: 418}}, {route: [{destination: {host: api}}]}]`);
  const tcp = routed(`tcp: [{${match}, route: [{destination: {host: none.shop.svc.cluster.local}}]}]`);

  expect(call(west + http).branches[0]?.outcome).toMatchObject({ kind: "answered", status: 418 });
  expect(call(istiod("") + http).branches[0]?.outcome).toMatchObject({ by: { name: "api" } });
  expect(call(http).verdict).toBe("unknown");
  expect(call(west + tcp, "tcp").verdict).toBe("broken");
  expect(call(istiod("") + tcp, "tcp").verdict).toBe("reaches");
  expect(call(tcp, "tcp").verdict).toBe("unknown");
});
