import { gatewayService, namespace, node, observedCluster, pod, service } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { KubeObject, Pod } from "../../kinds/index.ts";
import { trace } from "../trace.ts";
import type { TraceRequest } from "../traceRequest.ts";
import { traceWorld } from "../traceWorld.ts";

const gatewayPod: Pod = {
  ...pod("istio-system/gateway-1"),
  metadata: { name: "gateway-1", namespace: "istio-system", labels: { istio: "ingressgateway" } },
  spec: { serviceAccountName: "gateway", containers: [{ name: "istio-proxy" }] },
  status: { phase: "Running", podIP: "10.244.0.9", conditions: [{ type: "Ready", status: "True" }] },
};
const gateway = {
  apiVersion: "networking.istio.io/v1",
  kind: "Gateway",
  metadata: { name: "web", namespace: "istio-system" },
  spec: {
    selector: { istio: "ingressgateway" },
    servers: [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["web.acme.test", "other.acme.test"] }],
  },
} as KubeObject;
const routes = {
  apiVersion: "networking.istio.io/v1",
  kind: "VirtualService",
  metadata: { name: "web", namespace: "bar" },
  spec: {
    hosts: ["web.acme.test", "other.acme.test"],
    gateways: ["istio-system/web"],
    http: [{ route: [{ destination: { host: "httpbin.bar.svc.cluster.local", port: { number: 8000 } } }] }],
  },
} as KubeObject;
const objects = [
  ...[namespace("foo"), namespace("bar"), node("node", "192.0.2.1"), gatewayService(), gatewayPod, gateway, routes],
  ...[service("bar/httpbin", undefined, { clusterIP: "10.96.0.1" }), pod("bar/httpbin"), pod("foo/sleep")],
];

const fromOutside: TraceRequest = {
  from: { outside: true },
  method: "GET",
  url: { scheme: "http", host: "web.acme.test", port: 80, path: "/" },
  headers: {},
};
const fromPod: TraceRequest = {
  ...fromOutside,
  from: { cluster: "cluster1", namespace: "foo", workload: "sleep" },
  url: { scheme: "http", host: "httpbin.bar", port: 8000, path: "/" },
};

function filter(patches: readonly object[], spec: object = {}, where = "istio-system"): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1alpha3",
    kind: "EnvoyFilter",
    metadata: { name: "mine", namespace: where },
    spec: { configPatches: patches, ...spec },
  } as KubeObject;
}

/** Verdict and the object that is in the way of one. */
function seen(request: TraceRequest, ...more: readonly KubeObject[]): string {
  const cluster = observedCluster("cluster1", "192.0.2.1", [...objects, ...more]);
  const found = trace(traceWorld({ clusters: new Map([["cluster1", cluster]]), unreachable: new Map() }), request);
  const hop = found.branches.flatMap(({ hops }) => hops).find((each) => "code" in each && each.code !== undefined);
  const code = hop !== undefined && "code" in hop ? ` ${hop.code} ${hop.object?.kind} ${hop.field}` : "";
  return `${found.verdict}${code}`;
}

const connectionManager = { filterChain: { filter: { name: "envoy.filters.network.http_connection_manager" } } };
const lua = {
  applyTo: "HTTP_FILTER",
  match: { context: "ANY", listener: connectionManager },
  patch: { operation: "INSERT_BEFORE", value: { name: "envoy.filters.http.lua", typed_config: {} } },
};
const told = "unknown TRACE_EXTENSION EnvoyFilter spec.configPatches[0]";
const within = (patch: object, match: object) => ({ ...patch, match: { context: "ANY", ...match } });

test("a filter that does what cannot be read makes the verdict unknown, where it holds for a proxy on the way", () => {
  expect(seen(fromPod, filter([lua]))).toBe(told);
  expect(seen(fromOutside, filter([lua]))).toBe(told);
  expect(seen(fromPod, filter([lua], {}, "bar"))).toBe(told);
  expect(seen(fromPod, filter([lua], {}, "baz"))).toBe("reaches");
  expect(seen(fromPod, filter([lua], { workloadSelector: { labels: { app: "other" } } }, "bar"))).toBe("reaches");
  expect(seen(fromPod, filter([lua], { workloadSelector: { labels: { istio: "ingressgateway" } } }))).toBe("reaches");
  expect(seen(fromOutside, filter([lua], { workloadSelector: { labels: { istio: "ingressgateway" } } }))).toBe(told);
});

test.each<[string, object, string]>([
  ["another direction", within(lua, { context: "GATEWAY" }), "reaches"],
  ["another port", within(lua, { listener: { ...connectionManager, portNumber: 9999 } }), "reaches"],
  [
    "the port",
    within(lua, { context: "SIDECAR_OUTBOUND", listener: { ...connectionManager, portNumber: 8000 } }),
    told,
  ],
  ["another version of Istio", within(lua, { proxy: { proxyVersion: "^1\\.9.*" } }), "reaches"],
  ["this version of Istio", within(lua, { proxy: { proxyVersion: "^1\\.28.*" } }), told],
  [
    "an upstream cluster of another host",
    within(
      { applyTo: "CLUSTER", patch: { operation: "MERGE", value: { type: "STATIC" } } },
      { cluster: { service: "other.bar.svc.cluster.local" } },
    ),
    "reaches",
  ],
  [
    "the host's upstream cluster",
    within(
      { applyTo: "CLUSTER", patch: { operation: "MERGE", value: { type: "STATIC" } } },
      { context: "SIDECAR_OUTBOUND", cluster: { service: "httpbin.bar.svc.cluster.local" } },
    ),
    told,
  ],
])("a patch for %s", (_, patch, expected) => {
  expect(seen(fromPod, filter([patch]))).toBe(expected);
});

const insert = (applyTo: string, value: object) => ({ applyTo, patch: { operation: "INSERT_BEFORE", value } });
const merge = (applyTo: string, value: object) => ({ applyTo, patch: { operation: "MERGE", value } });
const typed = (name: string, type: string, config: object = {}) => ({
  name,
  typed_config: { "@type": `type.googleapis.com/${type}`, ...config },
});
const manager = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

test.each<[string, object]>([
  ["Istio's statistics of older charts", insert("HTTP_FILTER", typed("istio.stats", "udpa.type.v1.TypedStruct"))],
  ["metadata exchange", insert("NETWORK_FILTER", typed("istio.metadata_exchange", "udpa.type.v1.TypedStruct"))],
  ["compression", insert("HTTP_FILTER", typed("gzip", "envoy.extensions.filters.http.compressor.v3.Compressor"))],
  [
    "a rate limit",
    insert("HTTP_FILTER", typed("limit", "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit")),
  ],
  ["timeouts", merge("NETWORK_FILTER", typed("hcm", manager, { stream_idle_timeout: "1s", access_log: [] }))],
  ["keep-alive", merge("CLUSTER", { upstream_connection_options: { tcp_keepalive: {} } })],
  ["buffers", merge("LISTENER", { per_connection_buffer_limit_bytes: 1 })],
  ["statistics of the bootstrap", { applyTo: "BOOTSTRAP", patch: { operation: "MERGE", value: { stats_config: {} } } }],
])("%s changes nothing that counts", (_, patch) => {
  expect(seen(fromPod, filter([patch]))).toBe("reaches");
});

test.each<[string, object]>([
  ["paths that are rewritten", merge("NETWORK_FILTER", typed("hcm", manager, { merge_slashes: true }))],
  ["a listener that is added", { applyTo: "LISTENER", patch: { operation: "ADD", value: { name: "x" } } }],
  [
    "a filter that is taken away",
    {
      applyTo: "HTTP_FILTER",
      match: { listener: { filterChain: { filter: { name: "x", subFilter: { name: "envoy.filters.http.rbac" } } } } },
      patch: { operation: "REMOVE" },
    },
  ],
])("%s may change everything", (_, patch) => {
  expect(seen(fromPod, filter([patch]))).toBe(told);
});

test("a WasmPlugin is a program of its own: it holds for the proxies and the traffic that it selects", () => {
  const plugin = (spec: object, where = "istio-system") =>
    ({
      apiVersion: "extensions.istio.io/v1alpha1",
      kind: "WasmPlugin",
      metadata: { name: "mine", namespace: where },
      spec: { url: "oci://x", ...spec },
    }) as KubeObject;
  const wasm = "unknown TRACE_EXTENSION WasmPlugin spec.url";

  expect(seen(fromPod, plugin({}))).toBe(wasm);
  expect(seen(fromPod, plugin({ selector: { matchLabels: { istio: "ingressgateway" } } }))).toBe("reaches");
  expect(seen(fromPod, plugin({ match: [{ mode: "SERVER", ports: [{ number: 9 }] }] }, "bar"))).toBe("reaches");
  expect(seen(fromPod, plugin({ match: [{ mode: "SERVER" }] }, "bar"))).toBe(wasm);
  expect(seen(fromPod, plugin({ match: [{ mode: "SERVER" }] }, "foo"))).toBe("reaches");
});

const mutation = "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation";
const copy = (host: string) => [
  { ...lua, patch: { operation: "INSERT_FIRST", value: typed("copy", mutation) } },
  {
    applyTo: "VIRTUAL_HOST",
    match: { context: "GATEWAY", routeConfiguration: { vhost: { name: `${host}:80` } } },
    patch: {
      operation: "MERGE",
      value: {
        typed_per_filter_config: {
          copy: {
            "@type": `type.googleapis.com/${mutation}PerRoute`,
            mutations: {
              request_mutations: [{ append: { header: { key: "x-token", value: "%REQ(authorization)%" } } }],
            },
          },
        },
      },
    },
  },
];
const onlyGateways = { workloadSelector: { labels: { istio: "ingressgateway" } } };
const security = (kind: string, spec: object) =>
  ({
    apiVersion: "security.istio.io/v1",
    kind,
    metadata: { name: "tokens", namespace: "istio-system" },
    spec: { selector: { matchLabels: { istio: "ingressgateway" } }, ...spec },
  }) as KubeObject;
const asked = [
  security("RequestAuthentication", {
    jwtRules: [{ issuer: "https://issuer.test", fromHeaders: [{ name: "x-token", prefix: "Bearer " }] }],
  }),
  security("AuthorizationPolicy", { rules: [{ from: [{ source: { requestPrincipals: ["*"] } }] }] }),
];

test("a header that a gateway copies for one of its hosts is there for what looks at it", () => {
  const request = { ...fromOutside, claims: { iss: ["https://issuer.test"], sub: ["alice"] } };

  expect(seen(request, ...asked, filter(copy("web.acme.test"), onlyGateways))).toBe("reaches");
  expect(seen(fromOutside, ...asked, filter(copy("web.acme.test"), onlyGateways))).toContain("broken TRACE_DENIED");
  expect(seen(request, ...asked, filter(copy("other.acme.test"), onlyGateways))).toContain("broken TRACE_DENIED");
  expect(seen(request, ...asked)).toContain("broken TRACE_DENIED");
});
