import {
  externalAccess,
  gatewayService,
  intents,
  meshCluster,
  namespace,
  observedCluster,
  service,
} from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { Gateway, KubeObject } from "../../kinds/index.ts";
import { type ExternalAccess, issuedCredentialName, type Observed } from "../../model/index.ts";
import { compile } from "../compile.ts";

const mutual = { mode: "Mutual", credential: { secret: "httpbin-credential" } };
const httpbin = [namespace("bar"), service("bar/httpbin")];
const ports = [
  { name: "http2", port: 80, targetPort: 8080 },
  { name: "https", port: 443, targetPort: 8443 },
];

function gateway(where: string, server: Record<string, unknown>): KubeObject {
  const [space = "", name = ""] = where.split("/");
  const spec = { selector: { istio: "ingressgateway" }, servers: [server] };
  return { apiVersion: "networking.istio.io/v1", kind: "Gateway", metadata: { name, namespace: space }, spec };
}

/** A server of the user's for another host. */
const theirTls = {
  port: { name: "https", number: 443, protocol: "HTTPS" },
  tls: { mode: "SIMPLE", credentialName: "httpbin-credential" },
  hosts: ["*/other.example.com"],
};

function apiGateway(listener: Record<string, unknown>, address = "istio-ingressgateway"): KubeObject {
  const spec = {
    gatewayClassName: "istio",
    addresses: [{ type: "Hostname", value: address }],
    listeners: [{ name: "one", ...listener }],
  };
  const metadata = { name: "theirs", namespace: "istio-system" };
  return { apiVersion: "gateway.networking.k8s.io/v1", kind: "Gateway", metadata, spec };
}

function theirRoute(path: Record<string, unknown>): KubeObject {
  const parentRefs = [{ name: "theirs", namespace: "istio-system" }];
  const spec = { parentRefs, hostnames: ["httpbin.example.com"], rules: [{ matches: [{ path }] }] };
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "theirs", namespace: "bar" },
    spec,
  };
}

function run(
  accesses: readonly ExternalAccess[],
  objects: readonly KubeObject[] = httpbin,
  access = gatewayService({ ports, type: "ClusterIP" }),
) {
  const base = observedCluster("cluster2", "192.0.2.2", objects);
  const rest = base.objects.filter(({ metadata }) => metadata.name !== "istio-ingressgateway");
  const observed: Observed = {
    clusters: new Map([["cluster2", { ...base, objects: [...rest, access] }]]),
    unreachable: new Map(),
  };
  return compile(intents([], { externalAccesses: accesses }), observed);
}

const specs = (compiled: ReturnType<typeof compile>) => compiled.desired.get("cluster2")?.map(({ spec }) => spec);

test("Mutual with a redirect: a Gateway beside the gateway's pods, a VirtualService beside the Service", () => {
  const tls = { ...mutual, clients: { subjectAltNames: ["client.example.com"] }, httpsRedirect: true };

  const { desired, problems } = run([externalAccess("bar/httpbin", { tls })]);

  expect(problems).toEqual([]);
  const labels = {
    "app.kubernetes.io/managed-by": "isthmus",
    "isthmus.io/owner": "ExternalAccess.bar.httpbin",
    "isthmus.io/side": "server",
  };
  const name = "bar-httpbin-aju8gkdo04";
  expect(desired.get("cluster2")).toEqual([
    {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata: { name, namespace: "istio-system", labels },
      spec: {
        selector: { istio: "ingressgateway" },
        servers: [
          {
            port: { number: 443, name: "https", protocol: "HTTPS" },
            tls: { mode: "MUTUAL", credentialName: "httpbin-credential", subjectAltNames: ["client.example.com"] },
            hosts: ["bar/httpbin.example.com"],
          },
          {
            port: { number: 80, name: "http", protocol: "HTTP" },
            tls: { httpsRedirect: true },
            hosts: ["bar/httpbin.example.com"],
          },
        ],
      },
    },
    {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: { name, namespace: "bar", labels },
      spec: {
        hosts: ["httpbin.example.com"],
        gateways: [`istio-system/${name}`],
        exportTo: ["istio-system"],
        http: [{ route: [{ destination: { host: "httpbin.bar.svc.cluster.local", port: { number: 8000 } } }] }],
      },
    },
  ]);
});

test("None is plain HTTP at the gateway's HTTP port", () => {
  const compiled = run([externalAccess("bar/httpbin")]);

  expect(compiled.problems).toEqual([]);
  expect(specs(compiled)).toMatchObject([
    { servers: [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["bar/httpbin.example.com"] }] },
    { http: [{}] },
  ]);
});

test("Passthrough leads by SNI to a port whose workload ends TLS", () => {
  const secure = service("bar/secure", [{ name: "https", port: 8443 }]);
  const access = externalAccess("bar/secure", { port: 8443, tls: { mode: "Passthrough" } });

  const compiled = run([access], [namespace("bar"), secure]);

  expect(compiled.problems).toEqual([]);
  expect(specs(compiled)).toMatchObject([
    { servers: [{ port: { number: 443, name: "tls", protocol: "TLS" }, tls: { mode: "PASSTHROUGH" } }] },
    {
      tls: [
        {
          match: [{ port: 443, sniHosts: ["secure.example.com"] }],
          route: [{ destination: { host: "secure.bar.svc.cluster.local", port: { number: 8443 } } }],
        },
      ],
    },
  ]);
});

test("one host by plain HTTP and by TLS is not a conflict", () => {
  const plain = externalAccess("bar/plain", { service: "httpbin", hosts: ["a.example.com"] });
  const secure = externalAccess("bar/secure", { service: "httpbin", hosts: ["a.example.com"], tls: mutual });

  expect(run([plain, secure]).problems).toEqual([]);
});

test("a host that two declarations claim at one port is refused for both, and neither is compiled", () => {
  const first = externalAccess("bar/first", { service: "httpbin", hosts: ["a.example.com", "b.example.com"] });
  const second = externalAccess("bar/second", { service: "httpbin", hosts: ["b.example.com"] });

  const { problems, desired } = run([first, second]);

  expect(problems.map(({ code, at }) => `${code} ${at}`)).toEqual([
    "HOST_CONFLICT ExternalAccess bar/first spec.hosts[1]",
    "HOST_CONFLICT ExternalAccess bar/second spec.hosts[0]",
  ]);
  expect(desired.get("cluster2")).toEqual([]);
});

test("a cluster that cannot be read does not hold the others back", () => {
  const access = externalAccess("bar/httpbin", { clusters: ["cluster1", "cluster2"] });

  const { held, desired } = run([access]);

  expect([...held]).toEqual([]);
  expect(desired.get("cluster2")).toHaveLength(2);
});

const cases: readonly (readonly [string, string, () => ReturnType<typeof compile>])[] = [
  ["NAMESPACE_MISSING", "the Service's namespace does not exist", () => run([externalAccess("bar/httpbin")], [])],
  [
    "NAMESPACE_MISSING",
    "the gateway's namespace does not exist",
    () => {
      const clusters = [meshCluster("cluster2", { ingressGateway: { namespace: "edge", addresses: ["192.0.2.9"] } })];
      const observed = { clusters: new Map([["cluster2", observedCluster("cluster2", "192.0.2.2", httpbin)]]) };
      return compile(intents([], { clusters, externalAccesses: [externalAccess("bar/httpbin")] }), {
        ...observed,
        unreachable: new Map(),
      });
    },
  ],
  ["SERVICE_MISSING", "there is no such Service", () => run([externalAccess("bar/web")])],
  [
    "SERVICE_UNSUPPORTED",
    "the Service is only another name",
    () =>
      run(
        [externalAccess("bar/httpbin")],
        [namespace("bar"), service("bar/httpbin", undefined, { type: "ExternalName", externalName: "a.example" })],
      ),
  ],
  ["PORT_MISSING", "the Service has no such port", () => run([externalAccess("bar/httpbin", { port: 81 })])],
  [
    "PORT_UNSUPPORTED",
    "the port is TCP and the gateway is to read HTTP",
    () =>
      run(
        [externalAccess("bar/db", { port: 3306, tls: mutual })],
        [namespace("bar"), service("bar/db", [{ name: "tcp", port: 3306 }])],
      ),
  ],
  [
    "PORT_UNSUPPORTED",
    "TLS is passed through to an HTTP port",
    () => run([externalAccess("bar/httpbin", { tls: { mode: "Passthrough" } })]),
  ],
  [
    "GATEWAY_MISSING",
    "no Service leads to the gateway",
    () => run([externalAccess("bar/httpbin")], httpbin, gatewayService({ selector: { istio: "other" } })),
  ],
  [
    "GATEWAY_PORT_MISSING",
    "the gateway's Service has no port for the redirect",
    () =>
      run(
        [externalAccess("bar/httpbin", { tls: { ...mutual, httpsRedirect: true } })],
        httpbin,
        gatewayService({ ports: [{ name: "https", port: 443 }] }),
      ),
  ],
  [
    "GATEWAY_HOST_CONFLICT",
    "a Gateway of the user serves the host",
    () =>
      run(
        [externalAccess("bar/httpbin", { tls: mutual })],
        [
          ...httpbin,
          gateway("bar/theirs", {
            port: { number: 443, name: "https", protocol: "HTTPS" },
            tls: { mode: "SIMPLE", credentialName: "theirs" },
            hosts: ["bar/httpbin.example.com"],
          }),
        ],
      ),
  ],
  [
    "GATEWAY_HOST_CONFLICT",
    "a Gateway of the user takes the port for another protocol",
    () =>
      run(
        [externalAccess("bar/httpbin", { tls: mutual })],
        [...httpbin, gateway("bar/theirs", { port: { number: 443, name: "tcp", protocol: "TCP" }, hosts: ["*"] })],
      ),
  ],
  [
    "GATEWAY_HOST_CONFLICT",
    "a Gateway of the Gateway API serves the host",
    () =>
      run(
        [externalAccess("bar/httpbin", { tls: mutual })],
        [...httpbin, apiGateway({ port: 443, protocol: "HTTPS", hostname: "httpbin.example.com" })],
      ),
  ],
  [
    "GATEWAY_HOST_CONFLICT",
    "a Gateway of the Gateway API takes the port for another protocol",
    () =>
      run(
        [externalAccess("bar/httpbin", { tls: mutual })],
        [...httpbin, apiGateway({ port: 443, protocol: "TCP" }, "istio-ingressgateway.istio-system.svc.cluster.local")],
      ),
  ],
  [
    "GATEWAY_HOST_CONFLICT",
    "an HTTPRoute of the user has all of the host's calls",
    () =>
      run(
        [externalAccess("bar/httpbin")],
        [...httpbin, apiGateway({ port: 80, protocol: "HTTP" }), theirRoute({ type: "PathPrefix", value: "/" })],
      ),
  ],
  [
    "GATEWAY_HOST_CONFLICT",
    "a VirtualService of the user has all of the host's calls",
    () =>
      run(
        [externalAccess("bar/httpbin")],
        [
          ...httpbin,
          gateway("bar/theirs", { port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"] }),
          {
            apiVersion: "networking.istio.io/v1",
            kind: "VirtualService",
            metadata: { name: "theirs", namespace: "bar" },
            spec: { hosts: ["httpbin.example.com"], gateways: ["theirs"], http: [{ route: [] }] },
          },
        ],
      ),
  ],
  [
    "SERVICE_NODE_LOCAL",
    "the Service keeps calls on a node where the gateway may be without it",
    () =>
      run(
        [externalAccess("bar/httpbin")],
        [namespace("bar"), service("bar/httpbin", undefined, { internalTrafficPolicy: "Local" })],
      ),
  ],
  [
    "CREDENTIAL_SHARED",
    "a Gateway of the user shows the same certificate at the same port",
    () => run([externalAccess("bar/httpbin", { tls: mutual })], [...httpbin, gateway("istio-system/theirs", theirTls)]),
  ],
  [
    "CREDENTIAL_SHARED",
    "a Gateway of the Gateway API shows the same certificate at the same port",
    () =>
      run(
        [externalAccess("bar/httpbin", { tls: mutual })],
        [
          ...httpbin,
          apiGateway({
            port: 443,
            protocol: "HTTPS",
            hostname: "other.example.com",
            tls: { certificateRefs: [{ name: "httpbin-credential" }] },
          }),
        ],
      ),
  ],
  [
    "CREDENTIAL_SHARED",
    "two declarations name one Secret",
    () =>
      run([
        externalAccess("bar/httpbin", { tls: mutual }),
        externalAccess("bar/open", { service: "httpbin", tls: { ...mutual, mode: "Simple" } }),
      ]),
  ],
];

test("a certificate that the user's Gateway shows at another port, or another Gateway, is no matter", () => {
  const at = (server: Record<string, unknown>, selector = { istio: "ingressgateway" }): KubeObject => {
    const theirs = gateway("istio-system/theirs", { ...theirTls, ...server });
    return { ...theirs, spec: { ...(theirs.spec as Gateway["spec"]), selector } };
  };
  const alone = { name: "https", number: 8443, protocol: "HTTPS" };
  const codes = (theirs: KubeObject) =>
    run([externalAccess("bar/httpbin", { tls: mutual })], [...httpbin, theirs]).problems.map(({ code }) => code);

  expect(codes(at({ port: alone }))).toEqual([]);
  expect(codes(at({}, { istio: "another" }))).toEqual([]);
  expect(codes(at({ tls: { mode: "SIMPLE", credentialName: "other" } }))).toEqual([]);
});

test.each(cases)("%s where %s", (code, _reason, compiled) => {
  const { problems } = compiled();

  expect([...new Set(problems.map((problem) => problem.code))]).toEqual([code]);
});

test("an issued certificate is looked for in a Secret of its own for each declaration", () => {
  const issued = { mode: "Simple", credential: { issue: {} } };
  const accesses = [
    externalAccess("bar/httpbin", { tls: issued }),
    externalAccess("bar/open", { hosts: ["open.example.com"], service: "httpbin", tls: issued }),
  ];

  const { problems, desired } = run(accesses);

  const credentials = (desired.get("cluster2") ?? [])
    .filter(({ kind }) => kind === "Gateway")
    .map(({ spec }) => (spec as Gateway["spec"]).servers?.[0]?.tls?.credentialName);
  expect(problems).toEqual([]);
  expect(credentials.sort()).toEqual(accesses.map(issuedCredentialName).sort());
  expect(new Set(credentials).size).toBe(2);
});

test("a wildcard Gateway of the user is not a conflict: the exact host wins", () => {
  const wildcard = gateway("bar/theirs", {
    port: { number: 443, name: "https", protocol: "HTTPS" },
    tls: { mode: "SIMPLE", credentialName: "theirs" },
    hosts: ["*"],
  });

  expect(run([externalAccess("bar/httpbin", { tls: mutual })], [...httpbin, wildcard]).problems).toEqual([]);
});

test.each([
  ["on another port", apiGateway({ port: 8443, protocol: "HTTPS", hostname: "httpbin.example.com" })],
  ["for a wildcard", apiGateway({ port: 80, protocol: "HTTP", hostname: "*.example.com" })],
  ["at another gateway", apiGateway({ port: 80, protocol: "HTTP", hostname: "httpbin.example.com" }, "elsewhere")],
])("a Gateway of the Gateway API %s may stand beside ours, with a route for some paths of our host", (_, theirs) => {
  const objects = [...httpbin, theirs, theirRoute({ type: "PathPrefix", value: "/api" })];

  expect(run([externalAccess("bar/httpbin")], objects).problems).toEqual([]);
});

test("every host at every port where clients may come in is a path, the one that only sends them to HTTPS as well", () => {
  const tls = { ...mutual, httpsRedirect: true };

  const { paths } = run([externalAccess("bar/httpbin", { tls }), externalAccess("bar/plain", { service: "httpbin" })]);

  const path = {
    ...{ direction: "in", owner: "ExternalAccess.bar.httpbin", host: "httpbin.example.com", isRedirect: false },
    server: { cluster: "cluster2", namespace: "bar", service: "httpbin" },
  };
  expect(paths).toEqual([
    { ...path, port: 443, portName: "https", protocol: "HTTPS" },
    { ...path, port: 80, portName: "redirect", protocol: "HTTP", isRedirect: true },
    {
      ...{ ...path, owner: "ExternalAccess.bar.plain", host: "plain.example.com" },
      ...{ port: 80, portName: "http", protocol: "HTTP" },
    },
  ]);
});
