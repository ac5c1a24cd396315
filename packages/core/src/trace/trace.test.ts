import { intents, meshCluster, observedOf, podYaml, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { compile } from "../compile/index.ts";
import { afterPlan, plan } from "../plan/index.ts";
import { trace } from "./trace.ts";
import { tracePaths } from "./tracePaths.ts";
import type { TraceRequest } from "./traceRequest.ts";
import type { Trace } from "./traceResult.ts";
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

/** reference/emco-istio-guide.txt, steps 4 and 5. */
const referenceClient = `
apiVersion: networking.istio.io/v1alpha3
kind: ServiceEntry
metadata:
  name: httpbin-bar
  namespace: foo
spec:
  hosts:
  - httpbin.bar.cluster2
  location: MESH_INTERNAL
  ports:
  - name: tcp
    number: 8000
    protocol: TCP
  resolution: DNS
  addresses:
  - 240.0.0.2
  endpoints:
  - address: 192.168.121.10
    ports:
      tcp: 32001
---
apiVersion: networking.istio.io/v1alpha3
kind: DestinationRule
metadata:
  name: httpbin-dr
  namespace: foo
spec:
  host: httpbin.bar.cluster2
  trafficPolicy:
    tls:
      mode: ISTIO_MUTUAL
`;

/** Steps 6 to 8. */
const referenceServer = `
apiVersion: networking.istio.io/v1alpha3
kind: Gateway
metadata:
  name: httpbin-gateway
  namespace: istio-system
spec:
  selector:
    istio: ingressgateway
  servers:
    - port:
        number: 15443
        name: tls
        protocol: TLS
      tls:
        mode: AUTO_PASSTHROUGH
      hosts:
        - "httpbin.bar.cluster2"
---
apiVersion: networking.istio.io/v1alpha3
kind: ServiceEntry
metadata:
  name: httpbin-remote
  namespace: istio-system
spec:
  resolution: DNS
  location: MESH_INTERNAL
  ports:
  - name: tcp
    number: 8000
    protocol: TCP
  exportTo:
  - .
  hosts:
  - "httpbin.bar.cluster2"
  endpoints:
  - address: httpbin.bar.svc.cluster.local
`;

const referenceRule = `---
apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata:
  name: httpbin-dr
  namespace: istio-system
spec:
  host: "httpbin.bar.cluster2"
  trafficPolicy:
    tls:
      mode: ISTIO_MUTUAL
`;

const label = `    labels:
      security.istio.io/tlsMode: istio
`;

function clusterObject(cluster1: string, cluster2: string, host = "httpbin.bar.cluster2"): Trace {
  const request: TraceRequest = {
    from: { cluster: "cluster1", namespace: "foo", workload: "sleep" },
    method: "GET",
    url: { scheme: "http", host, port: 8000, path: "/headers" },
    headers: {},
  };
  const clusters = {
    cluster1: { yaml: `${client}---\n${cluster1}` },
    cluster2: { yaml: `${server}---\n${cluster2}` },
  };
  return trace(traceWorld(observedOf(clusters)), request);
}

test("the reference's recipe is broken on current Istio, since its endpoint is not marked as mutual TLS", () => {
  const found = clusterObject(referenceClient, referenceServer + referenceRule);

  expect(found.verdict).toBe("broken");
  expect(found.branches).toMatchObject([{ probability: 1, outcome: { kind: "reset" } }]);
  expect(found.blamed).toMatchObject({
    code: "TRACE_GATEWAY_ENDPOINTS",
    object: { cluster: "cluster2", kind: "ServiceEntry", namespace: "istio-system", name: "httpbin-remote" },
    detail: expect.stringContaining("security.istio.io/tlsMode"),
  });
});

test.each([
  ["with the label on its endpoint it reaches", referenceServer + label + referenceRule, "reaches"],
  ["the server's DestinationRule is not needed for that", referenceServer + label, "reaches"],
  ["nor does that rule make up for the label", referenceServer, "broken"],
])("the reference's recipe: %s", (_, cluster2, verdict) => {
  expect(clusterObject(referenceClient, cluster2).verdict).toBe(verdict);
});

test("an HTTP proxy retries at another gateway where one does not answer, so that the request gets there", () => {
  const twoGateways = referenceClient
    .replace("protocol: TCP", "protocol: HTTP")
    .replace(
      "  - address: 192.168.121.10\n    ports:\n      tcp: 32001\n",
      "  - address: 192.168.121.10\n    ports:\n      tcp: 32001\n  - address: 192.168.121.10\n    ports:\n      tcp: 32009\n",
    );

  const http = clusterObject(twoGateways, referenceServer.replace("protocol: TCP", "protocol: HTTP") + label);
  const tcp = clusterObject(twoGateways.replace("protocol: HTTP", "protocol: TCP"), referenceServer + label);

  expect(http.branches.map(({ probability, outcome }) => [probability, outcome.kind])).toEqual([
    [0.5, "answered"],
    [0.5, "refused"],
  ]);
  expect(http.verdict).toBe("reaches");
  expect(http.blamed).toBeUndefined();
  expect(tcp.verdict).toBe("partly");
  expect(tcp.blamed).toMatchObject({ code: "TRACE_NOTHING_LISTENS" });
});

test("a cluster that cannot be read leaves the verdict unknown", () => {
  const request: TraceRequest = {
    from: { cluster: "gone", namespace: "foo", workload: "sleep" },
    method: "GET",
    url: { scheme: "http", host: "a.b", port: 80, path: "/" },
    headers: {},
  };

  expect(trace(traceWorld({ clusters: new Map(), unreachable: new Map() }), request)).toEqual({
    request,
    assumes: [],
    branches: [{ probability: 1, hops: [], outcome: { kind: "unknown", why: "cluster gone cannot be read" } }],
    verdict: "unknown",
  });
});

test("a declared path is broken before the plan, and reaches on the plan's outcome", () => {
  const declared = intents([sharedService("bar/httpbin")]);
  const observed = observedOf({ cluster1: { yaml: client }, cluster2: { yaml: server } });
  const compiled = compile(declared, observed);
  const planned = plan(compiled, observed, { prune: true, adopt: false }).plan;

  const before = tracePaths({ intents: declared, paths: compiled.paths, observed });
  const after = tracePaths({ intents: declared, paths: compiled.paths, observed: afterPlan(observed, planned) });

  expect(before).toMatchObject([{ trace: { verdict: "broken", blamed: { code: "TRACE_HOST_UNKNOWN" } } }]);
  expect(after).toMatchObject([{ path: { host: "httpbin.bar.cluster2" }, trace: { verdict: "reaches" } }]);
});

test("a path with access rules is tried as its consumer may call: with an allowed account, method and path", () => {
  const declared = intents([
    sharedService("bar/httpbin", {
      consumers: [{ clusters: ["cluster1"], namespaces: ["foo"], serviceAccounts: ["sleep", "other"] }],
      access: [{ methods: ["POST"], paths: ["/status/*"], from: ["other.foo"] }],
    }),
  ]);
  const observed = observedOf({ cluster1: { yaml: client }, cluster2: { yaml: server } });
  const compiled = compile(declared, observed);
  const planned = plan(compiled, observed, { prune: true, adopt: false }).plan;

  const [found] = tracePaths({ intents: declared, paths: compiled.paths, observed: afterPlan(observed, planned) });

  expect(found?.trace.request).toMatchObject({
    from: { namespace: "foo", workload: "*", serviceAccount: "other" },
    method: "POST",
    url: { path: "/status/x" },
  });
  expect(found?.trace.verdict).toBe("reaches");
});

/** The account that `bar/httpbin` is tried with from cluster1, where these are its consumers. */
function accountsTried(
  consumers: readonly Record<string, unknown>[],
  { access, yaml = client }: { readonly access?: readonly Record<string, unknown>[]; readonly yaml?: string } = {},
) {
  const declared = intents([sharedService("bar/httpbin", { consumers, ...(access === undefined ? {} : { access }) })], {
    clusters: [meshCluster("cluster1", {}, { tier: "edge" }), meshCluster("cluster2", {}, { tier: "inner" })],
  });
  const observed = observedOf({ cluster1: { yaml }, cluster2: { yaml: server } });
  const compiled = compile(declared, observed);
  const planned = plan(compiled, observed, { prune: true, adopt: false }).plan;
  return tracePaths({ intents: declared, paths: compiled.paths, observed: afterPlan(observed, planned) })
    .filter(({ path }) => path.direction === "across" && path.consumer.cluster === "cluster1")
    .map(({ trace: { request, verdict } }) =>
      "serviceAccount" in request.from ? request.from.serviceAccount : verdict,
    );
}

test("a path is tried as an account that its cluster may call with, whether clusters are named or chosen by labels", () => {
  const edge = { clusters: ["tier=edge"], namespaces: ["foo"], serviceAccounts: ["clerk"] };
  const inner = { clusters: ["tier=inner"], namespaces: ["foo"], serviceAccounts: ["guard"] };

  expect(accountsTried([edge])).toEqual(["clerk"]);
  expect(accountsTried([{ ...edge, clusters: ["cluster1"] }])).toEqual(["clerk"]);
  expect(accountsTried([inner, edge])).toEqual(["clerk"]);
  expect(accountsTried([inner, edge], { access: [{ from: ["guard.foo", "clerk.foo"] }] })).toEqual(["clerk"]);
});

test("of several accounts that may call, a path is tried as one that a workload runs under", () => {
  const consumer = { clusters: ["tier=edge"], namespaces: ["foo"], serviceAccounts: ["absent", "sleep"] };

  expect(accountsTried([consumer])).toEqual(["sleep"]);
  expect(accountsTried([consumer], { access: [{ from: ["absent.foo", "sleep.foo"] }] })).toEqual(["sleep"]);
});

const inBar: TraceRequest = {
  from: { cluster: "cluster2", namespace: "bar", workload: "sleep" },
  method: "GET",
  url: { scheme: "http", host: "httpbin", port: 8000, path: "/env" },
  headers: {},
};

/** `httpbin.bar` with a port of this name, called from its own namespace. */
function callInBar(portName: string, more = "", scheme: "http" | "grpc" = "http") {
  const yaml = `${namespaces}
{apiVersion: v1, kind: Service, metadata: {name: httpbin, namespace: bar}, spec: {clusterIP: 10.96.0.1, selector: {app: httpbin}, ports: [{name: ${portName}, port: 8000, targetPort: 8080}]}}
---
${podYaml("bar/httpbin", "10.0.0.2")}
---
${podYaml("bar/sleep", "10.0.0.3")}
${more}`;
  return trace(traceWorld(observedOf({ cluster2: { yaml } })), { ...inBar, url: { ...inBar.url, scheme } });
}

test("a port that is sniffed at both ends is HTTP to the server's policies, by the ALPN", () => {
  const policy = (path: string) => `---
{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: p, namespace: bar}, spec: {rules: [{to: [{operation: {paths: [${path}]}}]}]}}
`;

  expect(callInBar("web", policy("/env")).verdict).toBe("reaches");
  expect(callInBar("web", policy("/other")).branches[0]?.outcome).toEqual({ kind: "refused", status: 403 });
});

test("whether an app speaks HTTP/2 where its port is named so, and HTTP/1 is called, cannot be told", () => {
  expect(callInBar("http").verdict).toBe("reaches");
  expect(callInBar("grpc").verdict).toBe("unknown");
  expect(callInBar("grpc", "", "grpc").verdict).toBe("reaches");
});

test("a gateway's own tries make up for a pod that does not answer, and what is left of a failure its client sees as 503", () => {
  const route = (retries = "") => `
{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: web, namespace: bar}, spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 15443, name: http, protocol: HTTP}, hosts: [web.example.com]}]}}
---
{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: web, namespace: bar}, spec: {hosts: [web.example.com], gateways: [web], http: [{${retries}route: [{destination: {host: web}}]}]}}
---
{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: web, namespace: bar}, spec: {hosts: [web.bar.svc.cluster.local], location: MESH_INTERNAL, resolution: STATIC, ports: [{name: http, number: 8000, protocol: HTTP}], endpoints: [{address: 10.0.0.2, ports: {http: 8080}}, {address: 192.168.121.10, ports: {http: 32007}}]}}
---
{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: web, namespace: bar}, spec: {host: web.bar.svc.cluster.local, trafficPolicy: {tls: {mode: DISABLE}}}}
---
`;
  const entry = `
{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: web, namespace: foo}, spec: {hosts: [web.example.com], resolution: STATIC, ports: [{name: http, number: 80, protocol: HTTP}], endpoints: [{address: 192.168.121.10, ports: {http: 32001}}]}}
`;
  const call = (retries?: string) =>
    trace(
      traceWorld(
        observedOf({
          cluster1: { yaml: `${client}---\n${entry}` },
          cluster2: { yaml: `${route(retries)}${server}` },
        }),
      ),
      {
        from: { cluster: "cluster1", namespace: "foo", workload: "sleep" },
        method: "GET",
        url: { scheme: "http", host: "web.example.com", port: 80, path: "/" },
        headers: {},
      },
    );

  expect(call().branches).toMatchObject([
    { probability: 0.5, outcome: { kind: "answered" } },
    { probability: 0.5, outcome: { kind: "refused", status: 503, responseFlag: "UF" }, isRetried: true },
  ]);
  expect(call().verdict).toBe("reaches");
  expect(call("retries: {attempts: 0}, ").verdict).toBe("partly");
});

/** `web` of namespace bar, with or without a sidecar, called with TLS of the client's own, under a DestinationRule. */
function wrapped(mode: string, { sidecar = true, scheme = "https" as "http" | "https" } = {}) {
  const yaml = `${namespaces}
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: bar}, spec: {clusterIP: 10.96.0.1, selector: {app: web}, ports: [{name: https, port: 443, targetPort: 8443}]}}
---
{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: web, namespace: bar}, spec: {host: web, trafficPolicy: {tls: {mode: ${mode}, clientCertificate: /c, privateKey: /k, caCertificates: /ca}}}}
---
${podYaml("bar/web", "10.0.0.2", { sidecar })}
---
${podYaml("bar/sleep", "10.0.0.3")}`;
  const url = { scheme, host: "web", port: 443, path: "/" };
  return trace(traceWorld(observedOf({ cluster2: { yaml } })), { ...inBar, url });
}

test.each(["SIMPLE", "MUTUAL"])("TLS of a client that a rule wraps in %s is broken: the app ends only one", (mode) => {
  const found = wrapped(mode, { sidecar: false });

  expect(found).toMatchObject({
    verdict: "broken",
    branches: [{ outcome: { kind: "reset" } }],
    blamed: {
      code: "TRACE_TLS_IN_TLS",
      object: { kind: "DestinationRule", name: "web" },
      field: "spec.trafficPolicy.tls",
    },
  });
  expect(wrapped(mode).blamed?.code).toBe("TRACE_TLS_IN_TLS");
});

test("mutual TLS of the mesh around a client's own is ended by the sidecar, and the app gets what the client sent", () => {
  expect(wrapped("ISTIO_MUTUAL").verdict).toBe("reaches");
  expect(wrapped("DISABLE").verdict).toBe("reaches");
});

test("plain text to a port that is declared as TLS cannot be told", () => {
  expect(wrapped("DISABLE", { scheme: "http" })).toMatchObject({
    verdict: "unknown",
    branches: [{ outcome: { why: expect.stringContaining("declared as HTTPS") } }],
  });
  expect(wrapped("SIMPLE", { scheme: "http" }).verdict).toBe("reaches");
});

test("TLS of a client that is wrapped on its way out of the mesh does not get there either", () => {
  const yaml = `${client}
{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: api, namespace: foo}, spec: {hosts: [api.example.com], resolution: DNS, location: MESH_EXTERNAL, ports: [{name: tls, number: 443, protocol: TLS}]}}
---
{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: api, namespace: foo}, spec: {host: api.example.com, trafficPolicy: {tls: {mode: SIMPLE}}}}`;
  const found = trace(traceWorld(observedOf({ cluster1: { yaml } })), {
    from: { cluster: "cluster1", namespace: "foo", workload: "sleep" },
    method: "GET",
    url: { scheme: "https", host: "api.example.com", port: 443, path: "/" },
    headers: {},
  });

  expect(found).toMatchObject({ verdict: "broken", blamed: { code: "TRACE_TLS_IN_TLS", object: { name: "api" } } });
});

test("an address of a node's pods that no pod has is nobody's", () => {
  const node = `
{apiVersion: v1, kind: Node, metadata: {name: node1}, spec: {podCIDRs: [10.0.0.0/24]}}
---
`;
  const call = (host: string) =>
    trace(traceWorld(observedOf({ cluster1: { yaml: `${client}${node}` } })), {
      from: { cluster: "cluster1", namespace: "foo", workload: "sleep" },
      method: "GET",
      url: { scheme: "http", host, port: 8080, path: "/" },
      headers: {},
    });

  expect(call("10.0.0.77")).toMatchObject({ verdict: "broken", blamed: { code: "TRACE_NOTHING_LISTENS" } });
  expect(call("10.0.1.77").verdict).toBe("reaches");
});

test("an endpoint by the name of a headless Service with endpoints of somebody's own is taken to be there", () => {
  const byHand =
    "{apiVersion: v1, kind: Service, metadata: {name: db, namespace: outside}, spec: {clusterIP: None, ports: [{port: 3306}]}}";
  const entry =
    "{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: db, namespace: foo}, spec: {hosts: [db.example.com], addresses: [240.0.0.9], location: MESH_EXTERNAL, resolution: DNS, ports: [{name: tcp, number: 3306, protocol: TCP}], endpoints: [{address: db.outside.svc.cluster.local}]}}";
  const call = (more: string) =>
    trace(traceWorld(observedOf({ cluster1: { yaml: `${client}---\n${entry}\n---\n${more}` } })), {
      from: { cluster: "cluster1", namespace: "foo", workload: "sleep" },
      method: "GET",
      url: { scheme: "tcp", host: "db.example.com", port: 3306, path: "/" },
      headers: {},
    });

  expect(call(byHand)).toMatchObject({ verdict: "reaches", assumes: [{ about: "server" }] });
  expect(call(byHand.replace("ports:", "selector: {app: db}, ports:")).verdict).toBe("broken");
});
