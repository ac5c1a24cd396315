import { observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { trace } from "./trace.ts";
import { traceWorld } from "./traceWorld.ts";

const object = (kind: string, where: string, spec: unknown) => {
  const [namespace = "", name = ""] = where.split("/");
  const apiVersion = kind === "PeerAuthentication" ? "security.istio.io/v1" : "networking.istio.io/v1";
  return `---\n${JSON.stringify({ apiVersion, kind, metadata: { name, namespace }, spec })}\n`;
};

const namespaces = ["foo", "bar", "istio-system", "other"]
  .map(
    (name) => `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: {istio-injection: enabled}}}\n---\n`,
  )
  .join("");

const gateway = JSON.stringify({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "gateway", namespace: "istio-system", labels: { istio: "ingressgateway" } },
  spec: { containers: [{ name: "istio-proxy" }], nodeName: "node" },
  status: { phase: "Running", podIP: "10.0.0.8", conditions: [{ type: "Ready", status: "True" }] },
});

const local = "httpbin.bar.svc.cluster.local";

const server = `${namespaces}
{apiVersion: v1, kind: Node, metadata: {name: node}, status: {addresses: [{type: InternalIP, address: 192.0.2.10}]}}
---
${gateway}
---
{apiVersion: v1, kind: Service, metadata: {name: gateway, namespace: istio-system}, spec: {type: NodePort, clusterIP: 10.96.0.9, selector: {istio: ingressgateway}, ports: [{name: tls, port: 15443, targetPort: 15443, nodePort: 32001}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: httpbin, namespace: bar}, spec: {clusterIP: 10.96.0.1, selector: {app: httpbin}, ports: [{name: http, port: 8000, targetPort: 8080}]}}
---
${podYaml("bar/httpbin", "10.0.0.2")}
${object("Gateway", "istio-system/passthrough", {
  selector: { istio: "ingressgateway" },
  servers: [
    { port: { number: 15443, name: "tls", protocol: "TLS" }, tls: { mode: "AUTO_PASSTHROUGH" }, hosts: [local] },
  ],
})}`;

const entry = object("ServiceEntry", "foo/httpbin", {
  hosts: ["httpbin.bar.c2"],
  location: "MESH_INTERNAL",
  resolution: "STATIC",
  addresses: ["240.0.0.2"],
  ports: [{ name: "http", number: 8000, protocol: "HTTP" }],
  endpoints: [{ address: "192.0.2.10", ports: { http: 32001 }, labels: { "security.istio.io/tlsMode": "istio" } }],
});

const rule = (where: string, more: Record<string, unknown> = {}) =>
  object("DestinationRule", where, {
    host: "httpbin.bar.c2",
    trafficPolicy: { tls: { mode: "ISTIO_MUTUAL", sni: `outbound_.8000_._.${local}` } },
    ...more,
  });

/** What is blamed of a call of sleep.foo: `CODE object field`, with the other objects. */
function blamed(atClient: string, atServer = "") {
  const world = traceWorld(
    observedOf({
      c1: { yaml: `${namespaces}${podYaml("foo/sleep", "10.0.0.1")}${entry}${atClient}` },
      c2: { yaml: server + atServer },
    }),
  );
  const url = { scheme: "http", host: "httpbin.bar.c2", port: 8000, path: "/" } as const;
  const from = { cluster: "c1", namespace: "foo", workload: "sleep" };
  const { verdict, blamed: hop } = trace(world, { from, method: "GET", url, headers: {} });
  if (hop === undefined) return verdict;
  const { code, object: at, field, others = [] } = hop;
  const also = others.map((other) => ` + ${other.object.kind} ${other.object.namespace}/${other.object.name}`).join("");
  return `${code} ${at?.kind} ${at?.namespace}/${at?.name} ${field}${also}`;
}

test("the lean recipe reaches", () => {
  expect(blamed(rule("foo/httpbin"))).toBe("reaches");
});

test.each([
  [
    "a PeerAuthentication that turns it off",
    object("PeerAuthentication", "bar/default", { mtls: { mode: "DISABLE" } }),
    "TRACE_GATEWAY_ENDPOINTS PeerAuthentication bar/default spec.mtls.mode",
  ],
  [
    "a DestinationRule that turns it off",
    object("DestinationRule", "bar/httpbin", { host: local, trafficPolicy: { tls: { mode: "DISABLE" } } }),
    "TRACE_GATEWAY_ENDPOINTS DestinationRule bar/httpbin spec.trafficPolicy.tls.mode",
  ],
  [
    "one of the gateway's own namespace",
    object("DestinationRule", "istio-system/httpbin", { host: local, trafficPolicy: { tls: { mode: "SIMPLE" } } }),
    "TRACE_GATEWAY_ENDPOINTS DestinationRule istio-system/httpbin spec.trafficPolicy.tls.mode",
  ],
])("endpoints that a gateway drops for want of mutual TLS blame %s, not the pods' sidecars", (_, more, expected) => {
  expect(blamed(rule("foo/httpbin"), more)).toBe(expected);
});

test.each([
  [
    "lies where nobody looks",
    rule("other/httpbin"),
    "TRACE_NO_FILTER_CHAIN DestinationRule other/httpbin metadata.namespace + ServiceEntry foo/httpbin + Gateway istio-system/passthrough",
  ],
  [
    "comes after one of the caller's own namespace",
    object("DestinationRule", "foo/own", { host: "httpbin.bar.c2", trafficPolicy: { tls: { mode: "ISTIO_MUTUAL" } } }) +
      rule("other/httpbin"),
    "TRACE_NO_FILTER_CHAIN DestinationRule other/httpbin spec.host + DestinationRule foo/own + Gateway istio-system/passthrough",
  ],
  ["is missing", "", "TRACE_NO_FILTER_CHAIN ServiceEntry foo/httpbin spec.hosts + Gateway istio-system/passthrough"],
])("an SNI that no gateway knows blames the DestinationRule that %s", (_, atClient, expected) => {
  expect(blamed(atClient)).toBe(expected);
});

const root = (delegate: string) =>
  object("VirtualService", "foo/root", {
    hosts: ["httpbin.bar.c2"],
    http: [
      { match: [{ uri: { prefix: "/status" } }], delegate: { name: "there", namespace: "foo" } },
      { match: [{ uri: { prefix: "/" } }], delegate: { name: delegate, namespace: "foo" } },
    ],
  });

const there = object("VirtualService", "foo/there", {
  http: [{ route: [{ destination: { host: "httpbin.bar.c2", port: { number: 8000 } } }] }],
});

test("a delegate that is missing is blamed at its root, and not the one that is there", () => {
  expect(blamed(rule("foo/httpbin") + root("there") + there)).toBe("reaches");
  expect(blamed(rule("foo/httpbin") + root("missing") + there)).toBe(
    "TRACE_ROUTE_MISSING VirtualService foo/root spec.http[1].delegate + VirtualService foo/missing",
  );
});

test("a VirtualService that is ignored for an older one of its host is named beside that", () => {
  const route = (name: string, prefix: string) =>
    object("VirtualService", `foo/${name}`, {
      hosts: ["httpbin.bar.c2"],
      http: [
        {
          match: [{ uri: { prefix } }],
          route: [{ destination: { host: "httpbin.bar.c2", port: { number: 8000 } } }],
        },
      ],
    });

  expect(blamed(rule("foo/httpbin") + route("a-first", "/none") + route("b-second", "/"))).toBe(
    "TRACE_ROUTE_MISSING VirtualService foo/a-first spec.http + VirtualService foo/b-second",
  );
});
