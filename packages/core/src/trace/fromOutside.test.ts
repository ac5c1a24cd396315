import { gatewayService, observedCluster, pod, service } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { say } from "../findings/index.ts";
import type { KubeObject, Pod, Service } from "../kinds/index.ts";
import { meshClusterSchema, type ObservedCluster } from "../model/index.ts";
import { makeProblem } from "../problem.ts";
import { trace } from "./trace.ts";
import type { OutsideRequest, TraceScheme } from "./traceRequest.ts";
import { traceWorld } from "./traceWorld.ts";

const gatewayPod: Pod = {
  ...pod("istio-system/gateway-1"),
  metadata: { name: "gateway-1", namespace: "istio-system", labels: { istio: "ingressgateway" } },
  spec: { serviceAccountName: "gateway", containers: [{ name: "istio-proxy" }] },
  status: { phase: "Running", podIP: "10.244.0.9", conditions: [{ type: "Ready", status: "True" }] },
};

const selector = { istio: "ingressgateway" };

function gateway(...servers: readonly object[]): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "Gateway",
    metadata: { name: "web", namespace: "istio-system" },
    spec: { selector, servers },
  } as KubeObject;
}

const http = { port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["web.acme.test"] };
const https = (tls: object, hosts = ["web.acme.test"]) => ({
  port: { number: 443, name: "https", protocol: "HTTPS" },
  tls: { mode: "SIMPLE", credentialName: "credential", ...tls },
  hosts,
});

function routes(spec: object, name = "web"): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace: "bar" },
    spec: { hosts: ["web.acme.test"], gateways: ["istio-system/web"], ...spec },
  } as KubeObject;
}

const destination = { host: "httpbin.bar.svc.cluster.local", port: { number: 8000 } };
const toHttpbin = routes({ http: [{ route: [{ destination }] }] });
const httpbin = [gatewayPod, service("bar/httpbin"), pod("bar/httpbin")];

function security(kind: string, spec: object): KubeObject {
  return {
    apiVersion: "security.istio.io/v1",
    kind,
    metadata: { name: "tokens", namespace: "istio-system" },
    spec: { selector: { matchLabels: selector }, ...spec },
  } as KubeObject;
}

function request(url: string, more: Partial<OutsideRequest> = {}): OutsideRequest {
  const { protocol, hostname, port, pathname, search } = new URL(url.replace(/^tcp:/, "http:"));
  const scheme = (url.startsWith("tcp") ? "tcp" : protocol.replace(":", "")) as TraceScheme;
  const number = port === "" ? (scheme === "https" ? 443 : 80) : Number(port);
  return {
    from: { outside: true },
    method: "GET",
    url: { scheme, host: hostname, port: number, path: `${pathname}${search}` },
    headers: {},
    ...more,
  };
}

function worldOf(objects: readonly KubeObject[], overrides: Partial<ObservedCluster> = {}) {
  const cluster = observedCluster("cluster1", "192.0.2.1", objects, overrides);
  return traceWorld({ clusters: new Map([["cluster1", cluster]]), unreachable: new Map() });
}

/** Verdict, outcome and what is blamed. */
function seen(objects: readonly KubeObject[], asked: OutsideRequest): string {
  const { verdict, branches, blamed } = trace(worldOf(objects), asked);
  const [first] = branches;
  const outcome = first?.outcome;
  const status = outcome !== undefined && "status" in outcome ? ` ${outcome.status}` : "";
  const by = outcome?.kind === "answered" && outcome.by.type === "workload" ? ` by ${outcome.by.name}` : "";
  return [`${verdict}: ${outcome?.kind}${status}${by}`, ...(blamed === undefined ? [] : [blamed.code])].join(" ");
}

test("a client outside comes in at the gateway that has a server for the name", () => {
  const objects = [...httpbin, gateway(http, https({})), toHttpbin];

  expect(seen(objects, request("http://web.acme.test/"))).toBe("reaches: answered by httpbin");
  expect(seen(objects, request("https://web.acme.test/"))).toBe("reaches: answered by httpbin");
  expect(trace(worldOf(objects), request("https://web.acme.test/")).branches[0]?.hops.map(({ name }) => name)).toEqual([
    ...["client", "name", "connection", "gateway", "gateway", "gateway route", "policy", "endpoints", "destination"],
    ...["mutual TLS", "identity", "authorization", "application"],
  ]);
});

test("an address of a node or a load balancer leads in, a pod's does not", () => {
  const balanced = gatewayService(
    { type: "LoadBalancer" },
    { loadBalancer: { ingress: [{ hostname: "lb.cloud.test" }] } },
  );
  const objects = [...httpbin, gateway(http), toHttpbin];
  const headers = { host: "web.acme.test" };

  expect(seen(objects, request("http://192.0.2.1:30080/", { headers }))).toBe("reaches: answered by httpbin");
  expect(seen([...objects, balanced], request("http://lb.cloud.test/", { headers }))).toBe(
    "reaches: answered by httpbin",
  );
  expect(seen(objects, request("http://10.244.0.9:8080/", { headers }))).toBe("unknown: unknown");
  expect(seen(objects, request("http://192.0.2.1:30999/", { headers }))).toBe("broken: reset TRACE_NOTHING_LISTENS");
});

test("a client may be told where to connect to, with the URL's name as Host and SNI", () => {
  const objects = [...httpbin, gateway(http, https({})), toHttpbin];
  const at = (port: number) => ({ from: { outside: true, connectTo: { address: "192.0.2.1", port } } }) as const;

  expect(seen(objects, request("https://web.acme.test/", at(30443)))).toBe("reaches: answered by httpbin");
  expect(seen(objects, request("https://other.acme.test/", at(30443)))).toBe("broken: reset TRACE_NO_FILTER_CHAIN");
  expect(seen(objects, request("http://web.acme.test/", at(30999)))).toBe("broken: reset TRACE_NOTHING_LISTENS");
});

test("a name that no gateway has a server for is refused by whichever gateway it leads to", () => {
  const objects = [...httpbin, gateway(http, https({})), toHttpbin];

  expect(seen(objects, request("http://other.acme.test/"))).toBe("broken: refused 404 TRACE_GATEWAY_ROUTE");
  expect(seen(objects, request("https://other.acme.test/"))).toBe("broken: reset TRACE_NO_FILTER_CHAIN");
  expect(seen(objects, request("http://web.acme.test:8080/"))).toBe("broken: no-such-host TRACE_HOST_UNKNOWN");
});

test("a gateway's Service that is not open to the outside may still be behind something: that cannot be told", () => {
  const inner = gatewayService({ type: "ClusterIP" }) as Service;
  const hidden = { ...inner, metadata: { ...inner.metadata, name: "inner" } };
  const cluster = observedCluster("cluster1", "192.0.2.1", [...httpbin, gateway(http), toHttpbin]);
  const objects = [...cluster.objects.filter(({ kind }) => kind !== "Service"), hidden, service("bar/httpbin")];
  const observed = { clusters: new Map([["cluster1", { ...cluster, objects }]]), unreachable: new Map() };
  const declared = meshClusterSchema.parse({
    apiVersion: "isthmus.io/v1alpha1",
    kind: "MeshCluster",
    metadata: { name: "cluster1" },
    spec: { ingressGateway: { addresses: ["203.0.113.9"] } },
  });

  expect(trace(traceWorld(observed), request("http://web.acme.test/")).verdict).toBe("unknown");
  expect(trace(traceWorld(observed, { clusters: [declared] }), request("http://web.acme.test/")).verdict).toBe(
    "reaches",
  );
});

test("of two clusters that have the name, each gets its part, and one can be asked for", () => {
  const objects = [...httpbin, gateway(http), toHttpbin];
  const without = [gatewayPod, service("bar/httpbin"), gateway(http), toHttpbin];
  const one = observedCluster("cluster1", "192.0.2.1", objects);
  const two = observedCluster("cluster2", "192.0.2.2", without);
  const clusters = new Map([one, two].map((each) => [each.name, each]));
  const world = traceWorld({ clusters, unreachable: new Map() });
  const verdict = (cluster?: string) => {
    const from = { outside: true as const, ...(cluster === undefined ? {} : { cluster }) };
    return trace(world, request("http://web.acme.test/", { from })).verdict;
  };

  expect([verdict(), verdict("cluster1"), verdict("cluster2")]).toEqual(["partly", "reaches", "broken"]);
});

test("a cluster that cannot be read may have the name", () => {
  const cluster = observedCluster("cluster1", "192.0.2.1", [gatewayPod]);
  const problem = makeProblem({ code: "CLUSTER_UNREACHABLE", at: { cluster: "cluster2" }, message: say``, hint: "" });
  const world = traceWorld({
    clusters: new Map([["cluster1", cluster]]),
    unreachable: new Map([["cluster2", problem]]),
  });

  expect(trace(world, request("http://web.acme.test/")).verdict).toBe("unknown");
});

test("a client certificate that the server asks for must be shown, with a name that it takes", () => {
  const mutual = [...httpbin, gateway(https({ mode: "MUTUAL" })), toHttpbin];
  const narrowed = [...httpbin, gateway(https({ mode: "MUTUAL", subjectAltNames: ["a.acme.test"] })), toHttpbin];
  const as = (...subjectAltNames: readonly string[]) =>
    request("https://web.acme.test/", { clientCertificate: { subjectAltNames } });

  expect(seen(mutual, request("https://web.acme.test/"))).toBe("broken: reset TRACE_CLIENT_CERTIFICATE");
  expect(seen(mutual, as())).toBe("reaches: answered by httpbin");
  expect(seen(narrowed, as("a.acme.test"))).toBe("reaches: answered by httpbin");
  expect(seen(narrowed, as("b.acme.test"))).toBe("broken: reset TRACE_CLIENT_CERTIFICATE");
});

test("plain HTTP is redirected where the server says so, and passed-through TLS goes to the app", () => {
  const redirecting = { ...http, tls: { httpsRedirect: true } };
  const tls = [{ match: [{ port: 443, sniHosts: ["web.acme.test"] }], route: [{ destination }] }];
  const ports = [{ name: "https", port: 8000, targetPort: 8080 }];
  const box = [gatewayPod, service("bar/httpbin", ports), pod("bar/httpbin")];

  expect(seen([...httpbin, gateway(redirecting), toHttpbin], request("http://web.acme.test/"))).toBe(
    "reaches: answered 301",
  );
  expect(
    seen([...box, gateway(https({ mode: "PASSTHROUGH" })), routes({ tls })], request("https://web.acme.test/")),
  ).toBe("reaches: answered by httpbin");
});

test("policies of the gateway's pods hold for what it takes", () => {
  const objects = [...httpbin, gateway(http), toHttpbin];
  const paths = security("AuthorizationPolicy", { rules: [{ to: [{ operation: { paths: ["/open"] } }] }] });
  const others = security("AuthorizationPolicy", { selector: { matchLabels: { app: "other" } } });

  expect(seen([...objects, paths], request("http://web.acme.test/open"))).toBe("reaches: answered by httpbin");
  expect(seen([...objects, paths], request("http://web.acme.test/"))).toBe("broken: refused 403 TRACE_DENIED");
  expect(seen([...objects, others], request("http://web.acme.test/"))).toBe("reaches: answered by httpbin");
  expect(
    seen(
      [
        ...objects,
        security("AuthorizationPolicy", { rules: [{ from: [{ source: { ipBlocks: ["198.51.100.0/24"] } }] }] }),
      ],
      request("http://web.acme.test/"),
    ),
  ).toBe("unknown: unknown");
});

const tokens = security("RequestAuthentication", {
  jwtRules: [{ issuer: "https://issuer.test", audiences: ["api"] }, { issuer: "https://other.test" }],
});
const demanded = security("AuthorizationPolicy", {
  action: "DENY",
  rules: [
    { when: [{ key: "request.auth.principal", notValues: ["https://issuer.test/*"] }] },
    { when: [{ key: "request.auth.claims[realm][roles]", notValues: ["staff"] }] },
  ],
});

test.each<[string, Partial<OutsideRequest>, string]>([
  ["no token", {}, "broken: refused 403 TRACE_DENIED"],
  [
    "a good one",
    { claims: { iss: ["https://issuer.test"], sub: ["alice"], aud: ["api"], "realm[roles]": ["staff", "x"] } },
    "reaches: answered by httpbin",
  ],
  [
    "one with other roles",
    { claims: { iss: ["https://issuer.test"], sub: ["alice"], aud: ["api"], "realm[roles]": ["x"] } },
    "broken: refused 403 TRACE_DENIED",
  ],
  ["one for others", { claims: { iss: ["https://issuer.test"], aud: ["else"] } }, "broken: refused 403 TRACE_TOKEN"],
  ["one of nobody", { claims: { iss: ["https://else.test"] } }, "broken: refused 401 TRACE_TOKEN"],
  ["one of the other issuer", { claims: { iss: ["https://other.test"] } }, "broken: refused 403 TRACE_DENIED"],
  ["one that is not known", { headers: { authorization: "Bearer abc" } }, "unknown: unknown"],
  ["what is not a token", { headers: { authorization: "Basic abc" } }, "broken: refused 403 TRACE_DENIED"],
])("where a gateway asks for tokens, a request with %s", (_, more, expected) => {
  const objects = [...httpbin, gateway(http), toHttpbin, tokens, demanded];

  expect(seen(objects, request("http://web.acme.test/", more))).toBe(expected);
});

test.each<[string, string, Partial<OutsideRequest>, string]>([
  ["the claim", ".groups", { claims: { iss: ["https://issuer.test"], groups: ["a", "b"] } }, "answered by httpbin"],
  ["another value", ".groups", { claims: { iss: ["https://issuer.test"], groups: ["a"] } }, "refused 404"],
  ["no such claim", "[realm][roles]", { claims: { iss: ["https://issuer.test"], groups: ["b"] } }, "refused 404"],
  [
    "one within",
    "[realm][roles]",
    { claims: { iss: ["https://issuer.test"], "realm[roles]": ["b"] } },
    "answered by httpbin",
  ],
  ["no token", ".groups", {}, "refused 404"],
])("a gateway routes by what a token claims, of a request with %s", (_, claim, more, expected) => {
  const byClaim = (headers: string) =>
    routes({
      http: [
        { match: [{ [headers]: { [`@request.auth.claims${claim}`]: { exact: "b" } } }], route: [{ destination }] },
      ],
    });
  const good = security("RequestAuthentication", { jwtRules: [{ issuer: "https://issuer.test" }] });
  const ends = (headers: string) =>
    seen([...httpbin, gateway(http), byClaim(headers), good], request("http://web.acme.test/", more));

  expect(ends("headers")).toContain(expected);
  expect(ends("withoutHeaders")).not.toContain(expected);
});

test("claims of a token that no RequestAuthentication has found good are none", () => {
  const match = [{ headers: { "@request.auth.claims.groups": { prefix: "b" } } }];
  const asked = request("http://web.acme.test/", { claims: { iss: ["https://issuer.test"], groups: ["b"] } });

  expect(seen([...httpbin, gateway(http), routes({ http: [{ match, route: [{ destination }] }] })], asked)).toBe(
    "broken: refused 404 TRACE_GATEWAY_ROUTE",
  );
});

test("TLS that a gateway passes through to a server outside leaves the mesh there", () => {
  const entry = {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "web", namespace: "bar" },
    spec: {
      hosts: ["web.acme.test"],
      resolution: "STATIC",
      ports: [{ name: "https", number: 443, protocol: "HTTPS" }],
      endpoints: [{ address: "198.51.100.7", ports: { https: 8443 } }],
    },
  } as KubeObject;
  const route = [{ destination: { host: "web.acme.test", port: { number: 443 } } }];
  const tls = [{ match: [{ port: 443, sniHosts: ["web.acme.test"] }], route }];
  const objects = [gatewayPod, gateway(https({ mode: "PASSTHROUGH" })), entry, routes({ tls })];

  const found = trace(worldOf(objects), request("https://web.acme.test/"));

  expect(found.branches[0]?.outcome).toEqual({
    kind: "answered",
    by: { type: "outside", address: "198.51.100.7", port: 8443 },
  });
  expect(found.assumes.map(({ about }) => about)).toContain("server");
});

test("a token that the gateway has taken is not passed on to the workload, unless told", () => {
  const rules = (forward: boolean) =>
    security("RequestAuthentication", {
      jwtRules: [{ issuer: "https://issuer.test", forwardOriginalToken: forward }],
    });
  const again = (object: KubeObject) => ({ ...object, metadata: { name: "tokens", namespace: "bar" } }) as KubeObject;
  const inner = [
    again(security("RequestAuthentication", { selector: {}, jwtRules: [{ issuer: "https://issuer.test" }] })),
    again(
      security("AuthorizationPolicy", { selector: {}, rules: [{ from: [{ source: { requestPrincipals: ["*"] } }] }] }),
    ),
  ];
  const objects = [...httpbin, gateway(http), toHttpbin, ...inner];
  const claims = { iss: ["https://issuer.test"], sub: ["alice"] };

  expect(seen([...objects, rules(true)], request("http://web.acme.test/", { claims }))).toBe(
    "reaches: answered by httpbin",
  );
  expect(seen([...objects, rules(false)], request("http://web.acme.test/", { claims }))).toBe(
    "broken: refused 403 TRACE_DENIED",
  );
});
