import { gatewayService, namespace, node, observedCluster, pod, service } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { KubeObject, Pod, Service } from "../../kinds/index.ts";
import { trace } from "../trace.ts";
import type { OutsideRequest, TraceRequest } from "../traceRequest.ts";
import { traceWorld } from "../traceWorld.ts";

function gatewayPod(where: string, labels: Readonly<Record<string, string>>, address: string): Pod {
  const made = pod(where);
  return {
    ...made,
    metadata: { ...made.metadata, labels },
    spec: { serviceAccountName: "gateway", containers: [{ name: "istio-proxy" }] },
    status: { phase: "Running", podIP: address, conditions: [{ type: "Ready", status: "True" }] },
  };
}

const apiVersion = "gateway.networking.k8s.io/v1";
const api = (kind: string, where: string, spec: object, version = apiVersion): KubeObject => {
  const [ns = "", name = ""] = where.split("/");
  return { apiVersion: version, kind, metadata: { name, namespace: ns }, spec } as KubeObject;
};
const all = { namespaces: { from: "All" } };
const http = { name: "http", port: 80, protocol: "HTTP", allowedRoutes: all };
const https = (tls: object = {}) => ({
  name: "https",
  port: 443,
  protocol: "HTTPS",
  hostname: "web.acme.test",
  tls: { mode: "Terminate", certificateRefs: [{ name: "credential" }], ...tls },
  allowedRoutes: all,
});
const addresses = [{ type: "Hostname", value: "istio-ingressgateway.istio-system.svc.cluster.local" }];
const gateway = (listeners: readonly object[], spec: object = {}) =>
  api("Gateway", "istio-system/web", { gatewayClassName: "istio", addresses, listeners, ...spec });

const parentRefs = [{ name: "web", namespace: "istio-system" }];
const backendRefs = [{ name: "httpbin", port: 8000 }];
const route = (spec: object = {}, where = "bar/web") =>
  api("HTTPRoute", where, { parentRefs, hostnames: ["web.acme.test"], rules: [{ backendRefs }], ...spec });

const objects = [
  ...[namespace("foo"), namespace("bar"), node("node", "192.0.2.1"), gatewayService()],
  gatewayPod("istio-system/gateway-1", { istio: "ingressgateway" }, "10.244.0.9"),
  ...[service("bar/httpbin", undefined, { clusterIP: "10.96.0.1" }), pod("bar/httpbin"), pod("foo/sleep")],
  ...[service("bar/other", undefined, { clusterIP: "10.96.0.2" }), pod("bar/other")],
];

function request(url: string, more: Partial<OutsideRequest> = {}): OutsideRequest {
  const { protocol, hostname, pathname } = new URL(url);
  const scheme = protocol === "https:" ? "https" : "http";
  return {
    from: { outside: true },
    method: "GET",
    url: { scheme, host: hostname, port: scheme === "https" ? 443 : 80, path: pathname },
    headers: {},
    ...more,
  };
}

/** Verdict, outcome, and what is blamed or in the way. */
function traced(asked: TraceRequest, ...more: readonly KubeObject[]) {
  const cluster = observedCluster("cluster1", "192.0.2.1", [...objects, ...more]);
  return trace(traceWorld({ clusters: new Map([["cluster1", cluster]]), unreachable: new Map() }), asked);
}

function seen(asked: TraceRequest, ...more: readonly KubeObject[]): string {
  const found = traced(asked, ...more);
  const { outcome, hops } = found.branches[0] ?? {};
  const hop = hops?.find((each) => "code" in each && each.code !== undefined);
  const fault =
    hop !== undefined && "code" in hop ? `${hop.code} ${hop.object?.kind}/${hop.object?.name} ${hop.field}` : "";
  const by = outcome?.kind === "answered" && outcome.by.type === "workload" ? outcome.by.name : "";
  const status = outcome !== undefined && "status" in outcome ? outcome.status : "";
  return [found.verdict, status, by, fault].filter((each) => each !== "" && each !== undefined).join(" ");
}

const web = request("http://web.acme.test/");

test("a Gateway with addresses runs on the Service's pods, and routes of allowed namespaces are bound to it", () => {
  expect(seen(web, gateway([http]), route())).toBe("reaches httpbin");
  expect(seen(request("https://web.acme.test/"), gateway([https()]), route())).toBe("reaches httpbin");
  expect(seen(web, gateway([{ ...http, allowedRoutes: undefined }]), route())).toContain(
    "broken 404 TRACE_GATEWAY_ROUTE",
  );
  expect(
    seen(
      web,
      gateway([
        {
          ...http,
          allowedRoutes: {
            namespaces: { from: "Selector", selector: { matchLabels: { "kubernetes.io/metadata.name": "bar" } } },
          },
        },
      ]),
      route(),
    ),
  ).toBe("reaches httpbin");
});

test("a Gateway without addresses runs on the pods that istiod makes for it", () => {
  const made = gatewayPod("edge/web-istio-1", { "gateway.networking.k8s.io/gateway-name": "web" }, "10.244.0.8");
  const own = service("edge/web-istio", [{ name: "http", port: 80, nodePort: 31080 }], {
    type: "LoadBalancer",
    selector: { "gateway.networking.k8s.io/gateway-name": "web" },
  });
  const managed = api("Gateway", "edge/web", { gatewayClassName: "istio", listeners: [http] });
  const bound = route({ parentRefs: [{ name: "web", namespace: "edge" }] });

  expect(seen(web, managed, made, own as Service, bound)).toBe("reaches httpbin");
  expect(seen(web, managed, made, own as Service, route())).toContain("broken");
  expect(seen(web, managed, bound)).toBe("unknown TRACE_NOT_MODELLED Gateway/web spec.listeners[0]");
});

test.each<[string, object, object, string]>([
  ["another listener's name", http, { parentRefs: [{ ...parentRefs[0], sectionName: "other" }] }, "broken"],
  ["the listener's name", http, { parentRefs: [{ ...parentRefs[0], sectionName: "http" }] }, "reaches httpbin"],
  ["another port", http, { parentRefs: [{ ...parentRefs[0], port: 81 }] }, "broken"],
  ["another host", http, { hostnames: ["other.acme.test"] }, "broken"],
  ["a wildcard at the listener", { ...http, hostname: "*.acme.test" }, {}, "reaches httpbin"],
  [
    "a wildcard at the route",
    { ...http, hostname: "web.acme.test" },
    { hostnames: ["*.acme.test"] },
    "reaches httpbin",
  ],
  ["no host at the route", http, { hostnames: undefined }, "reaches httpbin"],
  [
    "kinds that the listener does not take",
    { ...http, allowedRoutes: { ...all, kinds: [{ kind: "GRPCRoute" }] } },
    {},
    "broken",
  ],
])("a route with %s", (_, listener, spec, expected) => {
  expect(seen(web, gateway([listener]), route(spec))).toContain(expected);
});

test.each<[string, object, string, string]>([
  [
    "a prefix of whole segments",
    { matches: [{ path: { type: "PathPrefix", value: "/get" } }], backendRefs },
    "/get/x",
    "reaches",
  ],
  [
    "a prefix that ends within a segment",
    { matches: [{ path: { type: "PathPrefix", value: "/get" } }], backendRefs },
    "/getx",
    "broken 404",
  ],
  ["an exact path", { matches: [{ path: { type: "Exact", value: "/get" } }], backendRefs }, "/get/x", "broken 404"],
  ["a method", { matches: [{ method: "POST" }], backendRefs }, "/", "broken 404"],
  ["a header", { matches: [{ headers: [{ name: "x-a", value: "b" }] }], backendRefs }, "/", "broken 404"],
  [
    "a redirect",
    { filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] },
    "/",
    "reaches 301",
  ],
  [
    "no backend",
    { backendRefs: [] },
    "/",
    "broken 500 TRACE_DESTINATION_UNKNOWN HTTPRoute/web spec.rules[0].route[0].destination.host",
  ],
  [
    "a Service that is not there",
    { backendRefs: [{ name: "none", port: 80 }] },
    "/",
    "broken 500 TRACE_DESTINATION_UNKNOWN",
  ],
  [
    "another namespace's Service",
    { backendRefs: [{ name: "httpbin", namespace: "foo", port: 8000 }] },
    "/",
    "broken 500",
  ],
  ["a filter that is not followed", { filters: [{ type: "ExtensionRef" }], backendRefs }, "/", "unknown"],
  [
    "weights",
    {
      backendRefs: [
        { ...backendRefs[0], weight: 0 },
        { name: "other", port: 8000 },
      ],
    },
    "/",
    "reaches other",
  ],
])("a rule with %s", (_, rule, path, expected) => {
  expect(seen(request(`http://web.acme.test${path}`), gateway([http]), route({ rules: [rule] }))).toContain(expected);
});

test("a rule that names no backend answers by itself, one whose backend is not there says NC", () => {
  const ends = (rule: object) => traced(web, gateway([http]), route({ rules: [rule] })).branches[0]?.outcome;

  expect(ends({ backendRefs: [] })).toEqual({ kind: "refused", status: 500 });
  expect(ends({ backendRefs: [{ name: "none", port: 80 }] })).toMatchObject({ status: 500, responseFlag: "NC" });
});

test("a ReferenceGrant lets a route lead to another namespace", () => {
  const grant = api(
    "ReferenceGrant",
    "bar/grant",
    {
      from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "foo" }],
      to: [{ group: "", kind: "Service" }],
    },
    "gateway.networking.k8s.io/v1beta1",
  );
  const away = route({ rules: [{ backendRefs: [{ name: "httpbin", namespace: "bar", port: 8000 }] }] }, "foo/web");

  expect(seen(web, gateway([http]), away)).toContain("broken 500");
  expect(seen(web, gateway([http]), away, grant)).toBe("reaches httpbin");
});

test("the more exact of several rules counts, of several routes as well", () => {
  const exact = route(
    {
      rules: [{ matches: [{ path: { type: "Exact", value: "/get" } }], backendRefs: [{ name: "other", port: 8000 }] }],
    },
    "bar/z",
  );

  expect(seen(request("http://web.acme.test/get"), gateway([http]), route(), exact)).toBe("reaches other");
  expect(seen(web, gateway([http]), route(), exact)).toBe("reaches httpbin");
});

test("client certificates are asked for as the listener's options say, and passed-through TLS goes by a TLSRoute", () => {
  const mutual = gateway([https({ options: { "gateway.istio.io/tls-terminate-mode": "MUTUAL" } })]);
  const secure = request("https://web.acme.test/");
  const passing = gateway([{ ...https(), protocol: "TLS", tls: { mode: "Passthrough" } }]);
  const tls = api("TLSRoute", "bar/tls", {
    parentRefs,
    hostnames: ["web.acme.test"],
    rules: [{ backendRefs: [{ name: "box", port: 8000 }] }],
  });
  const box = [service("bar/box", [{ name: "https", port: 8000, targetPort: 8080 }]), pod("bar/box")];

  expect(seen(secure, mutual, route())).toBe("broken TRACE_CLIENT_CERTIFICATE Gateway/web spec.listeners[0].tls");
  expect(seen({ ...secure, clientCertificate: { subjectAltNames: [] } }, mutual, route())).toBe("reaches httpbin");
  expect(seen(secure, passing, tls, ...box)).toBe("reaches box");
});

test("TCP goes by a TCPRoute", () => {
  const listener = { name: "tcp", port: 80, protocol: "TCP", allowedRoutes: all };
  const tcp = api(
    "TCPRoute",
    "bar/tcp",
    { parentRefs, rules: [{ backendRefs: [{ name: "echo", port: 9000 }] }] },
    "gateway.networking.k8s.io/v1alpha2",
  );
  const echo = [service("bar/echo", [{ name: "tcp", port: 9000, targetPort: 9000 }]), pod("bar/echo")];
  const asked = { ...web, url: { ...web.url, scheme: "tcp" as const } };

  expect(seen(asked, gateway([listener]), tcp, ...echo)).toBe("reaches echo");
});

test("what is not followed makes the verdict unknown, and names the object", () => {
  const grpc = api("GRPCRoute", "bar/grpc", { parentRefs, hostnames: ["web.acme.test"], rules: [] });

  expect(seen(web, gateway([http]), grpc)).toContain("unknown");
  expect(seen(web, gateway([http], { gatewayClassName: "ours" }), route())).toBe(
    "unknown TRACE_NOT_MODELLED Gateway/web spec.listeners[0]",
  );
});

const fromPod: TraceRequest = {
  ...web,
  from: { cluster: "cluster1", namespace: "foo", workload: "sleep" },
  url: { scheme: "http", host: "httpbin.bar", port: 8000, path: "/" },
};
const ofService = (where: string, spec: object = {}) =>
  api("HTTPRoute", where, {
    parentRefs: [{ group: "", kind: "Service", name: "httpbin", namespace: "bar" }],
    rules: [{ backendRefs: [{ name: "other", namespace: "bar", port: 8000 }] }],
    ...spec,
  });

test("in the mesh a route of the Service's own namespace is for all, one of a consumer's for that consumer, and first", () => {
  expect(seen(fromPod)).toBe("reaches httpbin");
  expect(seen(fromPod, ofService("bar/theirs"))).toBe("reaches other");
  expect(seen(fromPod, ofService("foo/mine"))).toBe("reaches other");
  expect(seen(fromPod, ofService("baz/others"))).toBe("reaches httpbin");
  expect(
    seen(fromPod, ofService("bar/theirs", { rules: [{ matches: [{ path: { value: "/x" } }], backendRefs }] })),
  ).toContain("broken 404");
});

test("waypoints and ambient mode are not modelled", () => {
  const labelled = (object: KubeObject, labels: object) =>
    ({ ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } } }) as KubeObject;
  const waypoint = labelled(service("bar/httpbin", undefined, { clusterIP: "10.96.0.1" }), {
    "istio.io/use-waypoint": "w",
  });
  const others = objects.filter(({ metadata, kind }) => !(metadata.name === "httpbin" && kind === "Service"));
  const ambient = labelled(pod("foo/far", { sidecar: false }), { "istio.io/dataplane-mode": "ambient" });
  const traced = (from: string, more: readonly KubeObject[]) => {
    const cluster = observedCluster("cluster1", "192.0.2.1", more);
    const world = traceWorld({ clusters: new Map([["cluster1", cluster]]), unreachable: new Map() });
    const asked = { ...fromPod, from: { cluster: "cluster1", namespace: "foo", workload: from } };
    return trace(world, asked).branches[0]?.hops.at(-1);
  };

  expect(traced("sleep", [...others, waypoint])).toMatchObject({
    status: "unknown",
    code: "TRACE_NOT_MODELLED",
  });
  expect(traced("far", [...objects, ambient])).toMatchObject({ status: "unknown", code: "TRACE_NOT_MODELLED" });
});
