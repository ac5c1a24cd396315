import { gatewayService, node, observedCluster, pod, service } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { type HttpPayload, type ProxyTls, workloadOfPod } from "../istio/index.ts";
import { retryPolicy } from "../istio/upstream/index.ts";
import type { KubeObject, Pod } from "../kinds/index.ts";
import type { ObservedCluster } from "../model/index.ts";
import type { Attempt } from "./attempt.ts";
import { serveAttempt } from "./serveAttempt.ts";
import { traceWorld } from "./traceWorld.ts";

const http: HttpPayload = {
  kind: "http",
  version: "http1",
  method: "GET",
  authority: "httpbin.bar.cluster2:8000",
  path: "/env",
  headers: {},
};
const sni = "outbound_.8000_._.httpbin.bar.svc.cluster.local";
const mutual: ProxyTls = {
  mode: "ISTIO_MUTUAL",
  sni,
  alpn: ["istio"],
  clientIdentity: "spiffe://cluster.local/ns/foo/sa/sleep",
  acceptedSubjectAltNames: ["spiffe://cluster.local/ns/bar/sa/httpbin"],
  trusts: "mesh",
};

const gatewayPod: Pod = {
  ...pod("istio-system/gateway-1"),
  metadata: { name: "gateway-1", namespace: "istio-system", labels: { istio: "ingressgateway" } },
  spec: { serviceAccountName: "gateway", containers: [{ name: "istio-proxy" }] },
  status: { phase: "Running", podIP: "10.244.0.9", conditions: [{ type: "Ready", status: "True" }] },
};

function gateway(name: string, server: object, spec: object = {}): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "Gateway",
    metadata: { name, namespace: "istio-system" },
    spec: { selector: { istio: "ingressgateway" }, servers: [server], ...spec },
  };
}
const passthrough = (...hosts: readonly string[]) => ({
  port: { number: 15443, name: "tls", protocol: "TLS" },
  tls: { mode: "AUTO_PASSTHROUGH" },
  hosts,
});
const opened = gateway("open", passthrough("httpbin.bar.svc.cluster.local"));

const caller = workloadOfPod("cluster1", pod("foo/sleep"));
function attempt(changes: Partial<Attempt> = {}): Attempt {
  if (caller === undefined) throw new Error("no caller");
  return {
    kind: "attempt",
    probability: 1,
    pick: "",
    hosts: 1,
    retries: retryPolicy(undefined),
    proxied: "http",
    caller: { workload: caller, trustRoots: ["aa".repeat(32)] },
    destination: { kind: "address", address: "192.0.2.2", port: 32001, isHostname: false },
    transport: mutual,
    payload: http,
    hops: [],
    ...changes,
  };
}

/** Each branch as `probability outcome`, with the code and the object of what is broken. */
function served(
  objects: readonly KubeObject[],
  changes: Partial<Attempt> = {},
  overrides: Partial<ObservedCluster> = {},
) {
  const client = observedCluster("cluster1", "192.0.2.1", [pod("foo/sleep")]);
  const server = observedCluster("cluster2", "192.0.2.2", [gatewayPod, ...objects], overrides);
  const world = traceWorld({
    clusters: new Map([client, server].map((each) => [each.name, each])),
    unreachable: new Map(),
  });
  return serveAttempt(world, attempt(changes)).map(({ outcome, hops, probability }) => {
    const broken = hops.find(({ status }) => status === "broken");
    const what = outcome.kind === "answered" && outcome.by.type === "workload" ? outcome.by.name : "";
    const fault =
      broken?.status === "broken" ? `${broken.code} ${broken.object?.kind ?? ""} ${broken.object?.name ?? ""}` : "";
    const status = "status" in outcome ? outcome.status : "";
    return [probability, outcome.kind, status ?? "", what, fault].join(" ").replace(/ +/g, " ").trim();
  });
}

const httpbin = [service("bar/httpbin"), pod("bar/httpbin")];

test("a passthrough gateway leads to the pods that the SNI names, and their identity is checked", () => {
  expect(served([...httpbin, opened])).toEqual(["1 answered httpbin"]);
  expect(served([...httpbin, pod("bar/httpbin-2", { app: "httpbin", serviceAccount: "httpbin" }), opened])).toEqual([
    "0.5 answered httpbin",
    "0.5 answered httpbin-2",
  ]);
  expect(served([service("bar/httpbin"), pod("bar/httpbin", { serviceAccount: "other" }), opened])).toEqual([
    "1 refused 503 TRACE_IDENTITY",
  ]);
});

test("a gateway opens only ports that a Gateway for its pods has", () => {
  expect(served(httpbin)).toEqual(["1 refused 503 TRACE_NOTHING_LISTENS"]);
  expect(served([...httpbin, gateway("open", passthrough("*.local"), { selector: { istio: "eastwest" } })])).toEqual([
    "1 refused 503 TRACE_NOTHING_LISTENS",
  ]);
});

test("an SNI of another service, port or subset is taken by no filter chain", () => {
  const objects = [...httpbin, opened];
  for (const other of [
    "outbound_.8000_._.other.bar.svc.cluster.local",
    "outbound_.8001_._.httpbin.bar.svc.cluster.local",
    "outbound_.8000_.v1_.httpbin.bar.svc.cluster.local",
    "httpbin.bar.svc.cluster.local",
  ]) {
    expect(served(objects, { transport: { ...mutual, sni: other } })).toEqual([
      "1 refused 503 TRACE_NO_FILTER_CHAIN Gateway open",
    ]);
  }
  expect(served(objects, { transport: { ...mutual, mode: "SIMPLE", alpn: ["h2"] } })).toEqual([
    "1 refused 503 TRACE_NO_FILTER_CHAIN Gateway open",
  ]);
});

test("capital letters of an SNI do not count", () => {
  const transport = { ...mutual, sni: sni.replace("cluster.local", "CLUSTER.local") };

  expect(served([...httpbin, opened], { transport })).toEqual(["1 answered httpbin"]);
});

test("a Service that the gateway's namespace does not see is not passed through", () => {
  const [seen, ...pods] = httpbin;
  const hidden = {
    ...seen,
    metadata: { name: "httpbin", namespace: "bar", annotations: { "networking.istio.io/exportTo": "." } },
  };

  expect(served([hidden as KubeObject, ...pods, opened])).toEqual(["1 refused 503 TRACE_NO_FILTER_CHAIN Gateway open"]);
});

test("only ready endpoints with a sidecar are passed through to", () => {
  expect(served([service("bar/httpbin"), pod("bar/httpbin", { sidecar: false }), opened])).toEqual([
    "1 refused 503 TRACE_GATEWAY_ENDPOINTS Pod httpbin",
  ]);
  expect(served([service("bar/httpbin"), pod("bar/httpbin", { ready: false }), opened])).toEqual([
    "1 refused 503 TRACE_GATEWAY_ENDPOINTS Service httpbin",
  ]);
});

const referenceHost = "httpbin.bar.cluster2";
function referenceEntry(...endpoints: readonly object[]): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "httpbin-remote", namespace: "istio-system" },
    spec: {
      hosts: [referenceHost],
      location: "MESH_INTERNAL",
      resolution: "DNS",
      exportTo: ["."],
      ports: [{ name: "tcp", number: 8000, protocol: "TCP" }],
      endpoints,
    },
  };
}
const referenceRule: KubeObject = {
  apiVersion: "networking.istio.io/v1",
  kind: "DestinationRule",
  metadata: { name: "httpbin-dr", namespace: "istio-system" },
  spec: { host: referenceHost, trafficPolicy: { tls: { mode: "ISTIO_MUTUAL" } } },
};
const referenceTls = { ...mutual, sni: `outbound_.8000_._.${referenceHost}`, acceptedSubjectAltNames: [] };
const byAddress = { ...service("bar/httpbin", undefined, { clusterIP: "10.96.0.7" }) };
const referenceServer = [byAddress, pod("bar/httpbin"), gateway("open", passthrough(referenceHost))];
const labels = { "security.istio.io/tlsMode": "istio" };

test("the reference's recipe fails for want of the tlsMode label, which no DestinationRule stands in for", () => {
  const address = "httpbin.bar.svc.cluster.local";
  const transport = referenceTls;

  for (const rules of [[], [referenceRule]]) {
    expect(served([...referenceServer, ...rules, referenceEntry({ address })], { transport })).toEqual([
      "1 refused 503 TRACE_GATEWAY_ENDPOINTS ServiceEntry httpbin-remote",
    ]);
    expect(served([...referenceServer, ...rules, referenceEntry({ address, labels })], { transport })).toEqual([
      "1 answered httpbin",
    ]);
  }
});

test("an endpoint that cluster DNS does not know is none", () => {
  const entry = referenceEntry({ address: "other.bar.svc.cluster.local", labels });

  expect(served([...referenceServer, entry], { transport: referenceTls })).toEqual([
    "1 refused 503 TRACE_ADDRESS_UNKNOWN",
  ]);
});

test("two Gateways with one host: the younger server is skipped; with a wildcard beside it Envoy rejects the listener", () => {
  const again = gateway("z-again", passthrough("httpbin.bar.svc.cluster.local"));
  const wildcard = gateway("z-wildcard", passthrough("*.local"));

  expect(served([...httpbin, opened, again])).toEqual(["1 answered httpbin"]);
  expect(served([...httpbin, opened, wildcard])).toEqual(["1 refused 503 TRACE_LISTENER_REJECTED Gateway z-wildcard"]);
});

test("clusters without a common root do not trust each other", () => {
  const trustRoots = [{ fingerprint: "bb".repeat(32), subject: "CN=Other", notAfter: "2036-01-01T00:00:00Z" }];

  expect(served([...httpbin, opened], {}, { trustRoots })).toEqual(["1 refused 503 TRACE_TRUST"]);
});

test("an address leads to what has it: node port, load balancer, external IP; else nothing of the mesh is there", () => {
  const to = (address: string, port: number) => ({
    destination: { kind: "address" as const, address, port, isHostname: /[a-z]/.test(address) },
  });
  const objects = [...httpbin, opened, node("node2", "192.0.2.22")];
  const balanced = gatewayService(
    { type: "LoadBalancer", externalIPs: ["198.51.100.9"] },
    { loadBalancer: { ingress: [{ hostname: "lb.example.com" }] } },
  );

  expect(served(objects, to("192.0.2.22", 32001))).toEqual(["1 answered httpbin"]);
  expect(served([...objects, balanced], to("lb.example.com", 15443))).toEqual(["1 answered httpbin"]);
  expect(served([...objects, balanced], to("198.51.100.9", 15443))).toEqual(["1 answered httpbin"]);
  expect(served(objects, to("192.0.2.22", 32002))).toEqual(["1 refused 503 TRACE_NOTHING_LISTENS"]);
  expect(served(objects, to("203.0.113.5", 15443))).toEqual(["1 refused 503 TRACE_ADDRESS_UNKNOWN"]);
  expect(served(objects, { ...to("203.0.113.5", 443), transport: { mode: "none" } })).toEqual(["1 answered"]);
});

test("plain text to a strict port, and mutual TLS to a pod without a sidecar, fail", () => {
  const strict: KubeObject = {
    apiVersion: "security.istio.io/v1",
    kind: "PeerAuthentication",
    metadata: { name: "default", namespace: "istio-system" },
    spec: { mtls: { mode: "STRICT" } },
  };
  const nodePort = service("bar/httpbin", [{ name: "http", port: 8000, targetPort: 8080, nodePort: 30123 }], {
    type: "NodePort",
  });
  const destination = { kind: "address", address: "192.0.2.2", port: 30123, isHostname: false } as const;
  const plain = { destination, transport: { mode: "none" } } as const;

  expect(served([nodePort, pod("bar/httpbin")], plain)).toEqual(["1 answered httpbin"]);
  expect(served([nodePort, pod("bar/httpbin"), strict], plain)).toEqual([
    "1 refused 503 TRACE_MUTUAL_TLS PeerAuthentication default",
  ]);
  expect(served([nodePort, pod("bar/httpbin", { sidecar: false })], { destination })).toEqual([
    "1 refused 503 TRACE_NO_SIDECAR Pod httpbin",
  ]);
});

function virtualService(name: string, http: readonly object[], spec: object = {}): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace: "bar" },
    spec: { hosts: ["www.example.com"], gateways: ["istio-system/web"], http, ...spec },
  };
}
const web = (port: number, ...hosts: readonly string[]) => ({
  port: { number: port, name: "http", protocol: "HTTP" },
  hosts,
});
const toHttpbin = { route: [{ destination: { host: "httpbin.bar.svc.cluster.local", port: { number: 8000 } } }] };
const overHttp = {
  proxied: "no",
  transport: { mode: "none" },
  destination: { kind: "address", address: "192.0.2.2", port: 30080, isHostname: false },
  payload: { ...http, authority: "www.example.com:30080" },
} as const;

test("a gateway's HTTP server routes hosts that it shares with a VirtualService", () => {
  const objects = [...httpbin, gateway("web", web(80, "*.example.com")), virtualService("www", [toHttpbin])];

  expect(served(objects, overHttp)).toEqual(["1 answered httpbin"]);
  expect(served(objects, { ...overHttp, payload: { ...http, authority: "other.example.com" } })).toEqual([
    "1 refused 404 TRACE_GATEWAY_ROUTE Gateway web",
  ]);
  expect(
    served([...httpbin, gateway("web", web(80, "foo/*.example.com")), virtualService("www", [toHttpbin])], overHttp),
  ).toEqual(["1 refused 404 TRACE_GATEWAY_ROUTE Gateway web"]);
  expect(served(objects, { ...overHttp, transport: { ...mutual, mode: "SIMPLE" } })).toEqual([
    "1 reset TRACE_NO_FILTER_CHAIN Gateway web",
  ]);
});

test("a route's port is its own server's, also where another Gateway has the same port of the pod", () => {
  const other = gateway("a-other", web(8080, "other.example.com"));
  const ofPort = (port: number) => virtualService("www", [{ ...toHttpbin, match: [{ port }] }]);
  const objects = [...httpbin, other, gateway("web", web(80, "www.example.com"))];

  expect(served([...objects, ofPort(80)], overHttp)).toEqual(["1 answered httpbin"]);
  expect(served([...objects, ofPort(8080)], overHttp)).toEqual(["1 refused 404 TRACE_GATEWAY_ROUTE Gateway web"]);
});

test("routes of several VirtualServices add up, and those for anything come last", () => {
  const special = virtualService("z-special", [
    { match: [{ uri: { prefix: "/env" } }], directResponse: { status: 418 } },
  ]);

  expect(
    served([...httpbin, gateway("web", web(80, "*")), virtualService("www", [toHttpbin]), special], overHttp),
  ).toEqual(["1 answered 418"]);
});

test("an HTTPS server takes TLS with its host's SNI, and for MUTUAL a client certificate", () => {
  const secure = (mode: string) =>
    gateway("web", {
      port: { number: 443, name: "https", protocol: "HTTPS" },
      tls: { mode, credentialName: "credential" },
      hosts: ["www.example.com"],
    });
  const payload = {
    kind: "tls",
    sni: "www.example.com",
    alpn: ["h2"],
    inner: { ...http, authority: "www.example.com" },
  } as const;
  const call = { ...overHttp, destination: { ...overHttp.destination, port: 30443 }, payload };
  const routed = [...httpbin, virtualService("www", [toHttpbin])];

  expect(served([...routed, secure("SIMPLE")], call)).toEqual(["1 answered httpbin"]);
  expect(served([...routed, secure("MUTUAL")], call)).toEqual(["1 reset TRACE_CLIENT_CERTIFICATE Gateway web"]);
  expect(served([...routed, secure("SIMPLE")], { ...call, payload: { ...payload, sni: "" } })).toEqual([
    "1 reset TRACE_NO_FILTER_CHAIN Gateway web",
  ]);
});

test("a gateway that is among its own endpoints is a loop", () => {
  const own = referenceEntry({ address: "10.244.0.9", labels, ports: { tcp: 15443 } });

  expect(served([...referenceServer, own], { transport: referenceTls })).toEqual([
    "1 refused 503 TRACE_LOOP Pod gateway-1",
  ]);
});

test("many pods of a gateway that are among its own endpoints are a loop at the second of them", () => {
  const numbers = Array.from({ length: 12 }, (_, index) => index + 10);
  const others = numbers.map((number) => ({
    ...gatewayPod,
    metadata: { ...gatewayPod.metadata, name: `gateway-${number}` },
    status: { ...gatewayPod.status, podIP: `10.244.0.${number}` },
  }));
  const own = numbers.map((number) => ({ address: `10.244.0.${number}`, labels, ports: { tcp: 15443 } }));

  const branches = served([...referenceServer, ...others, referenceEntry(...own)], { transport: referenceTls });

  expect(branches.length).toBeLessThan(200);
  expect(branches.every((branch) => branch.includes("TRACE_LOOP"))).toBe(true);
});

test("a node port for pods of its own node only cannot be told where the pods' nodes are not known", () => {
  const local = service("bar/httpbin", [{ name: "http", port: 8000, targetPort: 8080, nodePort: 30123 }], {
    type: "NodePort",
    externalTrafficPolicy: "Local",
  });
  const destination = { kind: "address", address: "192.0.2.2", port: 30123, isHostname: false } as const;
  const call = { destination, transport: { mode: "none" } } as const;

  expect(served([local, pod("bar/httpbin")], call)).toEqual(["1 answered httpbin"]);
  expect(served([local, pod("bar/httpbin"), node("other", "192.0.2.3")], call)).toEqual(["1 unknown"]);
});

test("what is not HTTP is closed by a port that is served as HTTP", () => {
  const nodePort = service("bar/httpbin", [{ name: "http", port: 8000, targetPort: 8080, nodePort: 30123 }], {
    type: "NodePort",
  });
  const destination = { kind: "address", address: "192.0.2.2", port: 30123, isHostname: false } as const;
  const payload = { kind: "tcp" } as const;

  expect(
    served([nodePort, pod("bar/httpbin")], { destination, payload, proxied: "tcp", transport: { mode: "none" } }),
  ).toEqual(["1 reset TRACE_PROTOCOL_MISMATCH Service httpbin"]);
});

test("TLS that a gateway does not end comes to the app inside of the mesh's own", () => {
  const server = {
    port: { number: 443, name: "tls", protocol: "TLS" },
    tls: { mode: "PASSTHROUGH" },
    hosts: ["www.example.com"],
  };
  const tls = [{ match: [{ port: 443, sniHosts: ["www.example.com"] }], route: toHttpbin.route }];
  const objects = [...httpbin, gateway("web", server), virtualService("www", [], { http: undefined, tls })];
  const transport = { ...mutual, mode: "SIMPLE", sni: "www.example.com", alpn: [], trusts: "nobody" } as const;
  const destination = { ...overHttp.destination, port: 30443 };

  expect(served(objects, { destination, transport })).toEqual([
    "1 refused 503 TRACE_PROTOCOL_MISMATCH Service httpbin",
  ]);
});
