import { observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { MeshConfig } from "../model/index.ts";
import type { ClientStep } from "./attempt.ts";
import { callerSteps } from "./callerSteps.ts";
import type { TraceRequest } from "./traceRequest.ts";
import { traceWorld } from "./traceWorld.ts";

interface Call {
  readonly meshConfig?: Partial<MeshConfig>;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What becomes of a call of sleep.foo, in a cluster with its pod and these manifests. */
function call(url: string, yaml: string, { meshConfig = {}, method = "GET", headers = {} }: Call = {}) {
  const [, scheme = "", host = "", port = "", path = "/"] = /^(\w+):\/\/([^:/]+):(\d+)(\/.*)?$/.exec(url) ?? [];
  const request: TraceRequest = {
    from: { cluster: "c1", namespace: "foo", workload: "sleep" },
    method,
    url: { scheme: scheme as TraceRequest["url"]["scheme"], host, port: Number(port), path },
    headers,
  };
  const client = yaml.includes("/sleep") || yaml.includes('"sleep"') ? "" : podYaml("foo/sleep", "10.0.0.1");
  return callerSteps(
    traceWorld(observedOf({ c1: { yaml: `${namespaces}---\n${client}${yaml}`, meshConfig } })),
    request,
  );
}

const namespaces = `{apiVersion: v1, kind: Namespace, metadata: {name: foo, labels: {istio-injection: enabled}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: bar, labels: {istio-injection: enabled}}}
`;

/** Where each step goes, or how it ends: `0.5 10.0.0.2:8080 ISTIO_MUTUAL`, `1 TRACE_HOST_UNKNOWN no-such-host`. */
function shown(steps: readonly ClientStep[]): readonly string[] {
  return steps.map((step) => {
    const probability = Math.round(step.probability * 100) / 100;
    if (step.kind === "ended") {
      const broken = step.hops.find(({ status }) => status === "broken");
      const code = broken !== undefined && "code" in broken ? `${broken.code} ` : "";
      const { outcome } = step;
      const more = [
        ...("status" in outcome && outcome.status !== undefined ? [outcome.status] : []),
        ...("responseFlag" in outcome && outcome.responseFlag !== undefined ? [outcome.responseFlag] : []),
      ];
      return [`${probability} ${code}${outcome.kind}`, ...more].join(" ");
    }
    const to =
      step.destination.kind === "pod"
        ? `${step.destination.workload.name}:${step.destination.port}`
        : step.destination.kind === "address"
          ? `${step.destination.address}:${step.destination.port}`
          : step.destination.how;
    return `${probability} ${to} ${step.transport.mode}`;
  });
}

/** Object and field that the first broken hop blames. */
function blamed(steps: readonly ClientStep[]): string | undefined {
  const hop = steps.flatMap(({ hops }) => hops).find(({ status }) => status === "broken");
  return hop === undefined
    ? undefined
    : `${hop.object?.kind} ${hop.object?.namespace}/${hop.object?.name} ${hop.field}`;
}

const httpbin = `
{apiVersion: v1, kind: Service, metadata: {name: httpbin, namespace: bar}, spec: {clusterIP: 10.96.0.1, selector: {app: httpbin}, ports: [{name: http, port: 8000, targetPort: 8080}]}}
---
${podYaml("bar/httpbin", "10.0.0.2")}`;

const remote = (spec: Readonly<Record<string, unknown>> = {}) => `
${JSON.stringify({
  apiVersion: "networking.istio.io/v1",
  kind: "ServiceEntry",
  metadata: { name: "httpbin", namespace: "foo" },
  spec: {
    hosts: ["httpbin.bar.c2"],
    location: "MESH_INTERNAL",
    resolution: "STATIC",
    addresses: ["240.0.0.2"],
    ports: [{ name: "http", number: 8000, protocol: "HTTP" }],
    endpoints: [{ address: "192.0.2.10", ports: { http: 32001 } }],
    ...spec,
  },
})}
---
`;

const object = (kind: string, where: string, spec: unknown, metadata: Readonly<Record<string, unknown>> = {}) => {
  const [namespace = "", name = ""] = where.split("/");
  return `${JSON.stringify({ apiVersion: "networking.istio.io/v1", kind, metadata: { name, namespace, ...metadata }, spec })}\n---\n`;
};

test("a Service of the own cluster is called by mutual TLS, with its own SNI and the identities of its pods", () => {
  const [step, ...others] = call("http://httpbin.bar:8000/headers", httpbin);

  expect(others).toEqual([]);
  expect(step).toMatchObject({
    kind: "attempt",
    probability: 1,
    proxied: "http",
    hosts: 1,
    retries: { retries: 2 },
    destination: { kind: "pod", workload: { name: "httpbin" }, port: 8080 },
    transport: {
      mode: "ISTIO_MUTUAL",
      sni: "outbound_.8000_._.httpbin.bar.svc.cluster.local",
      clientIdentity: "spiffe://cluster.local/ns/foo/sa/sleep",
      acceptedSubjectAltNames: ["spiffe://cluster.local/ns/bar/sa/httpbin"],
    },
    payload: { kind: "http", version: "http1", authority: "httpbin.bar:8000", path: "/headers" },
  });
  expect(step?.hops.map(({ name, status }) => `${name} ${status}`)).toEqual([
    "client ok",
    "name ok",
    "listener ok",
    "route ok",
    "policy ok",
    "endpoints ok",
  ]);
});

test.each([
  [
    "the short name resolves in the caller's namespace only",
    "http://httpbin:8000",
    ["1 TRACE_HOST_UNKNOWN no-such-host"],
  ],
  ["name and namespace resolve by a search domain", "http://httpbin.bar:8000", ["1 httpbin:8080 ISTIO_MUTUAL"]],
  ["so does the full name", "http://httpbin.bar.svc.cluster.local:8000", ["1 httpbin:8080 ISTIO_MUTUAL"]],
  ["the ClusterIP is known as a Host", "http://10.96.0.1:8000", ["1 httpbin:8080 ISTIO_MUTUAL"]],
  ["a pod's address passes through", "http://10.0.0.2:8080", ["1 httpbin:8080 none"]],
])("%s", (_, url, expected) => {
  expect(shown(call(url, httpbin))).toEqual(expected);
});

test("a pod without a sidecar calls in plain text, through kube-proxy, and knows no ServiceEntry", () => {
  const plain = podYaml("foo/sleep", "10.0.0.1", { sidecar: false });

  expect(shown(call("http://httpbin.bar:8000", plain + httpbin))).toEqual(["1 httpbin:8080 none"]);
  const steps = call("http://httpbin.bar.c2:8000", plain + remote());
  expect(shown(steps)).toEqual(["1 TRACE_NO_DNS_CAPTURE no-such-host"]);
  expect(blamed(steps)).toBe("ServiceEntry foo/httpbin spec.hosts");
});

test("without DNS capture a ServiceEntry's name does not resolve, unless the pod's own config captures", () => {
  const meshConfig = { proxyMetadata: {} };
  const annotations = { "proxy.istio.io/config": "proxyMetadata:\n  ISTIO_META_DNS_CAPTURE: 'true'\n" };
  const capturing = podYaml("foo/sleep", "10.0.0.1", { annotations });

  expect(shown(call("http://httpbin.bar.c2:8000", remote(), { meshConfig }))).toEqual([
    "1 TRACE_NO_DNS_CAPTURE no-such-host",
  ]);
  expect(shown(call("http://httpbin.bar.c2:8000", capturing + remote(), { meshConfig }))).toEqual([
    "1 192.0.2.10:32001 none",
  ]);
});

test("an endpoint that is not marked as mutual TLS is called in plain text; label or service account mark it", () => {
  const endpoint = (more: object) =>
    remote({ endpoints: [{ address: "192.0.2.10", ports: { http: 32001 }, ...more }] });

  expect(shown(call("http://httpbin.bar.c2:8000", endpoint({})))).toEqual(["1 192.0.2.10:32001 none"]);
  expect(shown(call("http://httpbin.bar.c2:8000", endpoint({ serviceAccount: "httpbin" })))).toEqual([
    "1 192.0.2.10:32001 ISTIO_MUTUAL",
  ]);
  expect(
    shown(call("http://httpbin.bar.c2:8000", endpoint({ labels: { "security.istio.io/tlsMode": "istio" } }))),
  ).toEqual(["1 192.0.2.10:32001 ISTIO_MUTUAL"]);
});

test("a DestinationRule says SNI and identities; settings of a port take the place of the rest", () => {
  const rule = (trafficPolicy: object) =>
    object("DestinationRule", "foo/httpbin", { host: "httpbin.bar.c2", trafficPolicy });
  const tls = { mode: "ISTIO_MUTUAL", sni: "a.b", subjectAltNames: ["spiffe://x/ns/a/sa/b"] };

  const [whole] = call("http://httpbin.bar.c2:8000", remote() + rule({ tls }));
  const [ofPort] = call(
    "http://httpbin.bar.c2:8000",
    remote() + rule({ tls, portLevelSettings: [{ port: { number: 8000 }, loadBalancer: { simple: "RANDOM" } }] }),
  );

  expect(whole).toMatchObject({
    transport: { mode: "ISTIO_MUTUAL", sni: "a.b", acceptedSubjectAltNames: tls.subjectAltNames },
  });
  expect(ofPort).toMatchObject({ transport: { mode: "none" } });
});

test("a rule of the caller's namespace counts more than the service's, and that more than the root namespace's", () => {
  const rule = (where: string, sni: string, exportTo?: readonly string[]) =>
    object("DestinationRule", where, {
      host: "httpbin.bar.svc.cluster.local",
      ...(exportTo && { exportTo }),
      trafficPolicy: { tls: { mode: "ISTIO_MUTUAL", sni } },
    });
  const sniOf = (rules: string) => {
    const [step] = call("http://httpbin.bar:8000", httpbin + rules);
    return step?.kind === "attempt" && step.transport.mode !== "none" ? step.transport.sni : undefined;
  };
  const [client, service, root] = [rule("foo/a", "client"), rule("bar/b", "service"), rule("istio-system/c", "root")];

  expect(sniOf(client + service + root)).toBe("client");
  expect(sniOf(service + root)).toBe("service");
  expect(sniOf(rule("bar/b", "service", ["."]) + root)).toBe("root");
  expect(sniOf(rule("default/d", "elsewhere"))).toBe("outbound_.8000_._.httpbin.bar.svc.cluster.local");
});

test("of two rules for a host in one namespace the older one's policy counts, and both ones' subsets", () => {
  const rule = (name: string, time: string, subset: string) =>
    object(
      "DestinationRule",
      `foo/${name}`,
      {
        host: "httpbin.bar.svc.cluster.local",
        trafficPolicy: { tls: { mode: "ISTIO_MUTUAL", sni: name } },
        subsets: [{ name: subset, labels: { app: "httpbin" } }],
      },
      { creationTimestamp: time },
    );
  const route = object("VirtualService", "foo/v", {
    hosts: ["httpbin.bar.svc.cluster.local"],
    http: [{ route: [{ destination: { host: "httpbin.bar.svc.cluster.local", subset: "b" } }] }],
  });

  const [step] = call(
    "http://httpbin.bar:8000",
    httpbin + route + rule("young", "2026-01-02T00:00:00Z", "b") + rule("old", "2026-01-01T00:00:00Z", "a"),
  );

  expect(step).toMatchObject({ kind: "attempt", transport: { sni: "old" } });
});

test("weights split the requests, and the first matching route counts", () => {
  const other = httpbin
    .replaceAll("httpbin", "other")
    .replaceAll("10.0.0.2", "10.0.0.3")
    .replaceAll("10.96.0.1", "10.96.0.2");
  const to = (host: string, weight: number) => ({ destination: { host, port: { number: 8000 } }, weight });
  const routes = object("VirtualService", "bar/v", {
    hosts: ["httpbin"],
    http: [
      { match: [{ uri: { prefix: "/only" }, method: { exact: "POST" } }], route: [to("other", 0)] },
      { match: [{ headers: { "x-kind": { regex: "a+" } } }], redirect: { uri: "/x" } },
      { route: [to("httpbin", 75), to("other", 25), to("nobody", 0)] },
    ],
  });

  expect(shown(call("http://httpbin.bar:8000/", httpbin + other + routes))).toEqual([
    "0.75 httpbin:8080 ISTIO_MUTUAL",
    "0.25 other:8080 ISTIO_MUTUAL",
  ]);
  expect(shown(call("http://httpbin.bar:8000/only", httpbin + other + routes, { method: "POST" }))).toEqual([
    "1 other:8080 ISTIO_MUTUAL",
  ]);
  expect(shown(call("http://httpbin.bar:8000/", httpbin + other + routes, { headers: { "x-kind": "aaa" } }))).toEqual([
    "1 answered 301",
  ]);
});

test.each([
  [
    "a match that nobody meets is a 404",
    { match: [{ uri: { exact: "/x" } }], route: [{ destination: { host: "httpbin" } }] },
    "1 TRACE_ROUTE_MISSING refused 404 NR",
  ],
  [
    "an unknown host is not a cluster",
    { route: [{ destination: { host: "nobody" } }] },
    "1 TRACE_DESTINATION_UNKNOWN refused 503 NC",
  ],
  [
    "an unknown port neither",
    { route: [{ destination: { host: "httpbin", port: { number: 81 } } }] },
    "1 TRACE_DESTINATION_UNKNOWN refused 503 NC",
  ],
  [
    "nor an unknown subset",
    { route: [{ destination: { host: "httpbin", subset: "v2" } }] },
    "1 TRACE_SUBSET_UNKNOWN refused 503 NC",
  ],
  [
    "an abort answers as it is told",
    { fault: { abort: { httpStatus: 418 } }, route: [{ destination: { host: "httpbin" } }] },
    "1 TRACE_ROUTE_ABORTS refused 418 FI",
  ],
  ["a direct response is an answer", { directResponse: { status: 204 } }, "1 answered 204"],
])("%s", (_, http, expected) => {
  const routes = object("VirtualService", "bar/v", { hosts: ["httpbin"], http: [http] });

  expect(shown(call("http://httpbin.bar:8000/", httpbin + routes))).toEqual([expected]);
});

test("a route's rewrite and headers are in the request that goes out", () => {
  const routes = object("VirtualService", "bar/v", {
    hosts: ["httpbin"],
    http: [
      {
        match: [{ uri: { prefix: "/api/" } }],
        rewrite: { uri: "/", authority: "other.host" },
        headers: { request: { set: { "X-A": "1" }, remove: ["x-b"] } },
        route: [{ destination: { host: "httpbin" } }],
      },
    ],
  });

  const [step] = call("http://httpbin.bar:8000/api/get?q=1", httpbin + routes, { headers: { "x-b": "2" } });

  expect(step).toMatchObject({ payload: { path: "/get?q=1", authority: "other.host", headers: { "x-a": "1" } } });
});

test("a subset's labels choose its pods; a subset without any is unhealthy", () => {
  const pods = podYaml("bar/httpbin-2", "10.0.0.4", { labels: { app: "httpbin", version: "v2" } });
  const route = (subset: string) =>
    object("VirtualService", "bar/v", {
      hosts: ["httpbin"],
      http: [{ route: [{ destination: { host: "httpbin", subset } }] }],
    });
  const rule = object("DestinationRule", "bar/d", {
    host: "httpbin",
    subsets: [
      { name: "v2", labels: { version: "v2" } },
      { name: "v3", labels: { version: "v3" } },
    ],
  });

  expect(shown(call("http://httpbin.bar:8000", httpbin + pods + rule + route("v2")))).toEqual([
    "1 httpbin-2:8080 ISTIO_MUTUAL",
  ]);
  const steps = call("http://httpbin.bar:8000", httpbin + pods + rule + route("v3"));
  expect(shown(steps)).toEqual(["1 TRACE_SUBSET_EMPTY refused 503 UH"]);
  expect(blamed(steps)).toBe("DestinationRule bar/d spec.subsets[1].labels");
});

test("nothing behind a Service, or nothing ready, is not a healthy upstream", () => {
  const none = call("http://httpbin.bar:8000", httpbin.replace("{app: httpbin}", "{app: nobody}"));
  const unready = call("http://httpbin.bar:8000", httpbin.replace('"status":"True"', '"status":"False"'));

  expect(shown(none)).toEqual(["1 TRACE_NO_ENDPOINTS refused 503 UH"]);
  expect(blamed(none)).toBe("Service bar/httpbin spec.selector");
  expect(shown(unready)).toEqual(["1 TRACE_NO_ENDPOINTS refused 503 UH"]);
  expect(blamed(unready)).toBe("Pod bar/httpbin status.conditions");
});

test("a ServiceEntry that is not exported to the caller's namespace does not resolve", () => {
  const steps = call("http://httpbin.bar.c2:8000", remote({ exportTo: ["bar"] }));

  expect(shown(steps)).toEqual(["1 TRACE_HOST_HIDDEN no-such-host"]);
  expect(blamed(steps)).toBe("ServiceEntry foo/httpbin spec.exportTo");
});

test("a Sidecar that does not name the host hides it, and the blame is the Sidecar's", () => {
  const sidecar = object("Sidecar", "foo/default", { egress: [{ hosts: ["bar/*", "istio-system/*"] }] });

  const steps = call("http://httpbin.bar.c2:8000", remote() + sidecar);

  expect(shown(steps)).toEqual(["1 TRACE_HOST_HIDDEN no-such-host"]);
  expect(blamed(steps)).toBe("Sidecar foo/default spec.egress");
});

test("REGISTRY_ONLY answers 502 to HTTP that nobody declared, and closes other connections", () => {
  const meshConfig = { outboundTrafficPolicy: "REGISTRY_ONLY" } as const;

  expect(shown(call("http://198.51.100.7:8000/", httpbin, { meshConfig }))).toEqual([
    "1 TRACE_EGRESS_FORBIDDEN refused 502",
  ]);
  expect(shown(call("tcp://198.51.100.7:5432", httpbin, { meshConfig }))).toEqual([
    "1 TRACE_EGRESS_FORBIDDEN reset UH",
  ]);
  expect(shown(call("tcp://198.51.100.7:5432", httpbin))).toEqual(["1 198.51.100.7:5432 none"]);
});

test("a port that a ServiceEntry lacks has nothing behind the virtual address", () => {
  const steps = call("http://httpbin.bar.c2:8001", remote());

  expect(shown(steps)).toEqual(["1 TRACE_PORT_UNDECLARED reset UF,URX"]);
  expect(blamed(steps)).toBe("ServiceEntry foo/httpbin spec.ports");
});

test("TLS of the client's own passes an HTTP port by, and a TCP or TLS port carries it", () => {
  const port = (protocol: string) => remote({ ports: [{ name: "http", number: 8000, protocol }] });

  expect(shown(call("https://httpbin.bar.c2:8000/", port("HTTP")))).toEqual(["1 TRACE_PROTOCOL_MISMATCH reset UF,URX"]);
  expect(shown(call("https://httpbin.bar.c2:8000/", port("TLS")))).toEqual(["1 192.0.2.10:32001 none"]);
  expect(shown(call("https://httpbin.bar.c2:8000/", port("TCP")))).toEqual(["1 192.0.2.10:32001 none"]);
});

test("HTTP over a TCP port keeps its bytes, and is neither retried nor routed", () => {
  const [step] = call(
    "http://httpbin.bar.c2:8000/",
    remote({
      ports: [{ name: "tcp", number: 8000, protocol: "TCP" }],
      endpoints: [{ address: "192.0.2.10", ports: { tcp: 32001 } }],
    }),
  );

  expect(step).toMatchObject({ kind: "attempt", proxied: "tcp", retries: undefined, payload: { kind: "http" } });
});

test("a WorkloadEntry joins the pods of the Service whose selector its labels match, by its weight", () => {
  const entry = object("WorkloadEntry", "bar/c2", {
    address: "192.0.2.10",
    ports: { http: 32001 },
    weight: 3,
    labels: { app: "httpbin", "security.istio.io/tlsMode": "istio" },
    serviceAccount: "httpbin",
  });

  expect(shown(call("http://httpbin.bar:8000", httpbin + entry))).toEqual([
    "0.25 httpbin:8080 ISTIO_MUTUAL",
    "0.75 192.0.2.10:32001 ISTIO_MUTUAL",
  ]);
});

test("near endpoints get everything where outlier detection is on, and only then", () => {
  const node = (name: string, region: string) =>
    `${JSON.stringify({ apiVersion: "v1", kind: "Node", metadata: { name, labels: { "topology.kubernetes.io/region": region } } })}\n---\n`;
  const nodes = node("n1", "west");
  const at = (yaml: string) => yaml.replaceAll('"serviceAccountName"', '"nodeName":"n1","serviceAccountName"');
  const entry = object("WorkloadEntry", "bar/c2", {
    address: "192.0.2.10",
    ports: { http: 32001 },
    locality: "east",
    labels: { app: "httpbin" },
  });
  const rule = (trafficPolicy: object) => object("DestinationRule", "bar/d", { host: "httpbin", trafficPolicy });
  const world = nodes + at(podYaml("foo/sleep", "10.0.0.1")) + at(httpbin) + entry;

  expect(shown(call("http://httpbin.bar:8000", world))).toEqual([
    "0.5 httpbin:8080 ISTIO_MUTUAL",
    "0.5 192.0.2.10:32001 none",
  ]);
  expect(shown(call("http://httpbin.bar:8000", world + rule({ outlierDetection: {} })))).toEqual([
    "1 httpbin:8080 ISTIO_MUTUAL",
  ]);
  expect(
    shown(
      call(
        "http://httpbin.bar:8000",
        world +
          rule({
            loadBalancer: {
              localityLbSetting: { distribute: [{ from: "west/*", to: { "east/*": 80, "west/*": 20 } }] },
            },
          }),
      ),
    ),
  ).toEqual(["0.8 192.0.2.10:32001 none", "0.2 httpbin:8080 ISTIO_MUTUAL"]);
});

test("a headless Service's name gives its pods, and its port goes where the client dialled", () => {
  const headless = httpbin.replace("clusterIP: 10.96.0.1", "clusterIP: None");

  expect(shown(call("http://httpbin.bar:8000", headless))).toEqual(["1 httpbin:8000 ISTIO_MUTUAL"]);
});

test("a delegate's routes stand in for the root's, within the root's match", () => {
  const root = object("VirtualService", "bar/root", {
    hosts: ["httpbin"],
    http: [{ match: [{ uri: { prefix: "/a" } }], delegate: { name: "leaf", namespace: "foo" } }],
  });
  const leaf = object("VirtualService", "foo/leaf", {
    http: [{ match: [{ uri: { prefix: "/a/b" } }], directResponse: { status: 201 } }],
  });

  expect(shown(call("http://httpbin.bar:8000/a/b", httpbin + root + leaf))).toEqual(["1 answered 201"]);
  expect(shown(call("http://httpbin.bar:8000/a/c", httpbin + root + leaf))).toEqual([
    "1 TRACE_ROUTE_MISSING refused 404 NR",
  ]);
});

test("a VirtualService that has hosts of its own is not a delegate", () => {
  const root = object("VirtualService", "bar/root", {
    hosts: ["httpbin"],
    http: [
      { match: [{ uri: { prefix: "/b" } }], directResponse: { status: 202 } },
      { match: [{ uri: { prefix: "/a" } }], delegate: { name: "leaf", namespace: "foo" } },
    ],
  });
  const leaf = object("VirtualService", "foo/leaf", {
    hosts: ["other.bar"],
    http: [{ directResponse: { status: 201 } }],
  });

  expect(shown(call("http://httpbin.bar:8000/a", httpbin + root + leaf))).toEqual([
    "1 TRACE_ROUTE_MISSING refused 404 NR",
  ]);
});

test("a caller that does not exist is told with those that do", () => {
  const steps = callerSteps(traceWorld(observedOf({ c1: { yaml: podYaml("foo/other", "10.0.0.9") } })), {
    from: { cluster: "c1", namespace: "foo", workload: "sleep" },
    method: "GET",
    url: { scheme: "http", host: "x", port: 80, path: "/" },
    headers: {},
  });

  expect(steps).toMatchObject([{ kind: "ended", hops: [{ code: "TRACE_CALLER_UNKNOWN", fix: "Name one of other." }] }]);
});

test("a ServiceEntry beside a Sidecar that keeps it out: the Sidecar is blamed, and both are named", () => {
  const sidecar = object("Sidecar", "foo/default", {
    egress: [{ hosts: ["istio-system/*"] }],
    outboundTrafficPolicy: { mode: "REGISTRY_ONLY" },
  });

  const steps = call("http://httpbin.bar.c2:8000", remote({ exportTo: ["."] }) + sidecar);

  expect(blamed(steps)).toBe("Sidecar foo/default spec.egress");
  const hop = steps[0]?.hops.at(-1);
  expect(hop).toMatchObject({
    fix: 'Add "foo/httpbin.bar.c2" to the hosts of an egress listener of Sidecar foo/default.',
    others: [{ object: { kind: "ServiceEntry", namespace: "foo", name: "httpbin" } }],
  });
});

test("a Service that a Sidecar keeps out of a REGISTRY_ONLY mesh is hidden, not undeclared", () => {
  const sidecar = object("Sidecar", "foo/default", {
    egress: [{ hosts: ["./*"] }],
    outboundTrafficPolicy: { mode: "REGISTRY_ONLY" },
  });

  const own = remote({ hosts: ["own.foo.c2"], addresses: ["240.0.0.3"] });

  const http = call("http://httpbin.bar:8000", `${httpbin}---\n${sidecar}${own}`);
  // No service of the port is seen, so that there is no listener that could answer.
  const alone = call("http://httpbin.bar:8000", `${httpbin}---\n${sidecar}`);

  expect(shown(http)).toEqual(["1 TRACE_HOST_HIDDEN refused 502"]);
  expect(shown(alone)).toEqual(["1 TRACE_HOST_HIDDEN reset UH"]);
  expect([blamed(http), blamed(alone)]).toEqual(["Sidecar foo/default spec.egress", "Sidecar foo/default spec.egress"]);
});

test("a Service that is not exported says so at its annotation, or at the mesh's default", () => {
  const annotated = httpbin.replace(
    "namespace: bar}",
    'namespace: bar, annotations: {networking.istio.io/exportTo: "."}}',
  );
  const meshConfig = { outboundTrafficPolicy: "REGISTRY_ONLY" } as const;

  const byAnnotation = call("http://httpbin.bar:8000", annotated, { meshConfig });
  const byDefault = call("http://httpbin.bar:8000", httpbin, {
    meshConfig: { ...meshConfig, defaultServiceExportTo: ["."] },
  });

  expect(blamed(byAnnotation)).toBe('Service bar/httpbin metadata.annotations["networking.istio.io/exportTo"]');
  expect(byDefault[0]?.hops.at(-1)).toMatchObject({
    code: "TRACE_HOST_HIDDEN",
    fix: expect.stringContaining("defaultServiceExportTo"),
  });
});

test("a route to a service that is not exported blames its exportTo, and names the route", () => {
  const route = object("VirtualService", "foo/httpbin", {
    hosts: ["httpbin.bar.svc.cluster.local"],
    http: [{ route: [{ destination: { host: "httpbin.bar.c2", port: { number: 8000 } } }] }],
  });
  const entry = remote({ exportTo: ["."] }).replace('"namespace":"foo"', '"namespace":"other"');

  const steps = call("http://httpbin.bar:8000", `${httpbin}---\n${entry}${route}`);

  expect(shown(steps)).toEqual(["1 TRACE_HOST_HIDDEN refused 503 NC"]);
  expect(blamed(steps)).toBe("ServiceEntry other/httpbin spec.exportTo");
  expect(steps[0]?.hops.at(-1)?.others).toEqual([
    {
      object: { cluster: "c1", kind: "VirtualService", namespace: "foo", name: "httpbin" },
      field: "spec.http[0].route[0]",
      part: "leads there",
    },
  ]);
});

test.each([
  ["excludeOutboundPorts", "8000"],
  ["excludeOutboundIPRanges", "240.0.0.0/4"],
  ["includeOutboundIPRanges", "10.0.0.0/8"],
])("past the sidecar by %s nothing is behind a virtual address, and a pod is", (name, value) => {
  const annotation = `traffic.sidecar.istio.io/${name}`;
  const around = podYaml("foo/sleep", "10.0.0.1", {
    annotations: { [annotation]: value },
  });
  const steps = call("http://httpbin.bar.c2:8000", around + remote());

  expect(shown(steps)).toEqual(["1 TRACE_SIDECAR_BYPASSED timeout"]);
  expect(blamed(steps)).toBe(`Pod foo/sleep metadata.annotations["${annotation}"]`);
  // What really has an address is reached, in plain text where nobody else takes it.
  expect(shown(call("http://10.0.0.2:8000", around + httpbin))).toEqual(["1 httpbin:8000 none"]);
});

test("ranges that are kept out count before ports that are let in, and an app of the proxy's user goes around it", () => {
  const annotations = {
    "traffic.sidecar.istio.io/excludeOutboundIPRanges": "240.0.0.2/32",
    "traffic.sidecar.istio.io/includeOutboundPorts": "8000",
  };
  const user = podYaml("foo/sleep", "10.0.0.1").replace(
    '"name":"app"',
    '"name":"app","securityContext":{"runAsUser":1337}',
  );

  expect(
    shown(call("http://httpbin.bar.c2:8000", podYaml("foo/sleep", "10.0.0.1", { annotations }) + remote())),
  ).toEqual(["1 TRACE_SIDECAR_BYPASSED timeout"]);
  const [step] = call("http://240.0.0.2:8000", user + remote());
  expect(step?.hops.at(-1)).toMatchObject({ code: "TRACE_SIDECAR_BYPASSED", field: "spec.securityContext.runAsUser" });
});

test("nothing is behind virtual addresses: not for a pod without a sidecar, nor at ports that no listener has", () => {
  const plain = podYaml("foo/sleep", "10.0.0.1", { sidecar: false });

  for (const url of ["http://240.0.0.2:8000", "http://240.240.0.7:80", "tcp://240.240.0.7:80"]) {
    expect(shown(call(url, plain + remote()))).toEqual(["1 TRACE_NOTHING_LISTENS timeout"]);
  }
  expect(shown(call("http://240.240.0.7:80", remote()))).toEqual(["1 TRACE_NOTHING_LISTENS reset UF,URX"]);
  // An entry outside of the mesh has the addresses of real servers.
  const outside = remote({ location: "MESH_EXTERNAL", addresses: ["192.0.2.9"], resolution: "NONE", endpoints: [] });
  expect(shown(call("http://192.0.2.9:8000", plain + outside))).toEqual(["1 192.0.2.9:8000 none"]);
});

test.each([
  ["a typo in the cluster, as no cluster has it", "httpbin.bar.clustr2", "1 TRACE_HOST_UNKNOWN no-such-host"],
  ["a name of the world", "www.example.org", "1 www.example.org:8000 none"],
  ["a private domain", "vault.acme.corp", "1 unknown"],
])("a name that nothing of the cluster has: %s", (_, host, expected) => {
  expect(shown(call(`http://${host}:8000`, httpbin))).toEqual([expected]);
});

const licence = (spec: Readonly<Record<string, unknown>> = {}, name = "licence") =>
  object("ServiceEntry", `foo/${name}`, {
    hosts: [`${name}.example.com`],
    location: "MESH_EXTERNAL",
    resolution: "DNS",
    ports: [{ name: "tcp", number: 443, protocol: "TCP" }],
    ...spec,
  });
const uncaptured = { meshConfig: { proxyMetadata: {} } };

/** What the first hop that is broken blames, and where the call goes all the same. */
function misled(steps: readonly ClientStep[]): readonly (string | undefined)[] {
  const broken = steps.flatMap(({ hops }) => hops).find(({ status }) => status === "broken");
  return [broken !== undefined && "code" in broken ? broken.code : undefined, blamed(steps), ...shown(steps)];
}

test("a TCP listener for all addresses takes calls of other hosts, to the wrong server", () => {
  const other = call("https://www.example.org:443", licence(), uncaptured);

  expect(misled(other)).toEqual([
    "TRACE_ELSEWHERE",
    "ServiceEntry foo/licence spec.addresses",
    "1 licence.example.com:443 none",
  ]);
  for (const url of ["tcp://licence.example.com:443", "https://licence.example.com:443"]) {
    expect(misled(call(url, licence(), uncaptured))[0]).toBeUndefined();
  }
});

test.each([
  ["it has an address of its own", { addresses: ["192.0.2.7"] }, uncaptured],
  ["its name has one, as DNS is captured", {}, {}],
  ["it goes on to the address that was dialled", { resolution: "NONE" }, uncaptured],
  ["its port is TLS, with an SNI", { ports: [{ name: "tls", number: 443, protocol: "TLS" }] }, uncaptured],
  ["a wildcard of it covers the name", { hosts: ["*.example.org"], resolution: "NONE" }, uncaptured],
])("a TCP ServiceEntry takes no call of another host where %s", (_, spec, settings) => {
  expect(misled(call("https://www.example.org:443", licence(spec), settings))[0]).toBeUndefined();
});

test("of two TCP hosts with one address the older takes both's calls", () => {
  const shared = { addresses: ["240.0.0.9"] };
  const both = licence(shared, "a") + licence(shared, "b");

  expect(misled(call("tcp://b.example.com:443", both))).toEqual([
    "TRACE_ELSEWHERE",
    "ServiceEntry foo/a spec.addresses",
    "1 a.example.com:443 none",
  ]);
  expect(misled(call("tcp://a.example.com:443", both))[0]).toBeUndefined();
  expect(misled(call("tcp://240.0.0.9:443", both))[0]).toBeUndefined();
});

test("a wildcard host does not stand in for a Service that lacks the port", () => {
  const wildcard = remote({
    hosts: ["*.local"],
    addresses: [],
    ports: [{ name: "http", number: 8001, protocol: "HTTP" }],
  });

  expect(misled(call("http://httpbin.bar.svc.cluster.local:8001", `${httpbin}---\n${wildcard}`))[0]).toBe(
    "TRACE_ELSEWHERE",
  );
});

test("an app of the proxy's user asks no sidecar for names, and its own pod is not looked into", () => {
  const user = podYaml("foo/sleep", "10.0.0.1").replace(
    '"name":"app"',
    '"name":"app","securityContext":{"runAsUser":1337}',
  );

  expect(shown(call("http://httpbin.bar.c2:8000", user + remote()))).toEqual(["1 TRACE_NO_DNS_CAPTURE no-such-host"]);
  expect(shown(call("http://localhost:8000", httpbin))).toEqual(["1 unknown"]);
  expect(shown(call("http://127.0.0.1:8000", httpbin))).toEqual(["1 unknown"]);
});

test("a machine whose health is probed is an endpoint only when it is said to be well", () => {
  const entry = (status?: string) =>
    object(
      "WorkloadEntry",
      "bar/vm",
      { address: "192.0.2.9", labels: { app: "vm" } },
      { annotations: { "proxy.istio.io/health-checks-enabled": "true" } },
    ).replace('"spec":', `"status":{"conditions":[{"type":"Healthy","status":"${status ?? "False"}"}]},"spec":`);
  const service = object("ServiceEntry", "bar/vm", {
    hosts: ["vm.bar.mesh"],
    location: "MESH_INTERNAL",
    resolution: "STATIC",
    addresses: ["240.0.0.7"],
    ports: [{ name: "http", number: 80, protocol: "HTTP" }],
    workloadSelector: { labels: { app: "vm" } },
  });

  expect(shown(call("http://vm.bar.mesh:80", entry() + service))).toEqual(["1 TRACE_NO_ENDPOINTS refused 503 UH"]);
  expect(shown(call("http://vm.bar.mesh:80", entry("True") + service))).toEqual(["1 192.0.2.9:80 none"]);
});

test("an ExternalName Service asks for what it leads to", () => {
  const alias =
    "{apiVersion: v1, kind: Service, metadata: {name: alias, namespace: foo}, spec: {type: ExternalName, externalName: licence.example.com, ports: [{port: 443}]}}\n---\n";

  expect(misled(call("tcp://alias:443", alias + licence(), uncaptured))).toEqual([
    undefined,
    undefined,
    "1 licence.example.com:443 none",
  ]);
});
