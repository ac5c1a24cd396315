import {
  externalService,
  intents,
  mesh,
  namespace,
  observedCluster,
  pod,
  service,
  sharedService,
} from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { DestinationRule, KubeObject, ServiceEntry } from "../../kinds/index.ts";
import type { ExternalService, Intents } from "../../model/index.ts";
import { compile } from "../compile.ts";

const tcp = { ports: [{ number: 3306, protocol: "TCP" }] };
const inBoth = { consumers: [{ clusters: ["cluster1"], namespaces: ["foo", "red"] }] };

function foreign(kind: string, where: string, spec: Record<string, unknown>): KubeObject {
  const [space = "", name = ""] = where.split("/");
  return { apiVersion: "networking.istio.io/v1", kind, metadata: { name, namespace: space }, spec };
}

function run(services: readonly ExternalService[], objects: readonly KubeObject[] = [], rest: Partial<Intents> = {}) {
  const client = observedCluster("cluster1", "192.0.2.1", [
    ...[namespace("foo"), namespace("red"), pod("foo/sleep"), pod("red/sleep")],
    ...objects,
  ]);
  const server = observedCluster("cluster2", "192.0.2.2", [
    ...[namespace("bar"), service("bar/httpbin"), pod("bar/httpbin")],
  ]);
  return compile(intents([], { externalServices: services, ...rest }), {
    clusters: new Map([client, server].map((cluster) => [cluster.name, cluster])),
    unreachable: new Map(),
  });
}

const entries = ({ desired }: ReturnType<typeof compile>) =>
  (desired.get("cluster1") ?? []).filter((object): object is ServiceEntry => object.kind === "ServiceEntry");
const rules = ({ desired }: ReturnType<typeof compile>) =>
  (desired.get("cluster1") ?? []).filter((object): object is DestinationRule => object.kind === "DestinationRule");

test("an HTTPS host is told apart by its SNI and takes no address", () => {
  const compiled = run([externalService("foo/api")]);

  expect(compiled.problems).toEqual([]);
  expect(compiled.desired.get("cluster1")).toEqual([
    {
      apiVersion: "networking.istio.io/v1",
      kind: "ServiceEntry",
      metadata: {
        name: expect.stringMatching(/^api-api-example-com-/),
        namespace: "foo",
        labels: {
          "app.kubernetes.io/managed-by": "isthmus",
          "isthmus.io/owner": "ExternalService.foo.api",
          "isthmus.io/side": "consumer",
        },
      },
      spec: {
        hosts: ["api.example.com"],
        exportTo: ["."],
        location: "MESH_EXTERNAL",
        resolution: "DNS",
        ports: [{ name: "https-443", number: 443, protocol: "HTTPS" }],
      },
    },
  ]);
});

test("each host with a TCP port has an address of its own, the same in every namespace", () => {
  const compiled = run([externalService("foo/db", { ...tcp, ...inBoth, hosts: ["a.example.com", "b.example.com"] })]);

  expect(compiled.problems).toEqual([]);
  const found = entries(compiled).map(({ metadata, spec }) => [metadata.namespace, ...spec.hosts, spec.addresses]);
  expect(new Set(found.map(([, host, addresses]) => `${host} ${addresses}`)).size).toBe(2);
  expect(new Set(found.map(([, , addresses]) => `${addresses}`)).size).toBe(2);
  expect(found.map(([space, host]) => `${space} ${host}`)).toEqual([
    "foo a.example.com",
    "foo b.example.com",
    "red a.example.com",
    "red b.example.com",
  ]);
});

test("names of shared services and of external ones never get the same address", () => {
  // Two usable addresses: a second allocation would start at the same one again.
  const compiled = run([externalService("foo/db", tcp)], [], {
    sharedServices: [sharedService("bar/httpbin")],
    mesh: mesh({ addressPool: "240.0.0.0/30" }),
  });

  expect(compiled.problems).toEqual([]);
  expect(
    entries(compiled)
      .flatMap(({ spec }) => spec.addresses)
      .sort(),
  ).toEqual(["240.0.0.1", "240.0.0.2"]);
});

test("TLS is originated to port 443 for port 80, with the host's name in SNI and certificate", () => {
  const compiled = run([
    externalService("foo/api", {
      ports: [
        { number: 80, protocol: "HTTP" },
        { number: 443, protocol: "HTTPS" },
      ],
      tls: { mode: "Simple", caCertificates: "/etc/ssl/private-ca.pem" },
    }),
  ]);

  expect(compiled.problems).toEqual([]);
  expect(entries(compiled)[0]?.spec.ports).toEqual([
    { name: "http-80", number: 80, protocol: "HTTP", targetPort: 443 },
    { name: "https-443", number: 443, protocol: "HTTPS" },
  ]);
  expect(rules(compiled)[0]?.spec).toEqual({
    host: "api.example.com",
    exportTo: ["."],
    trafficPolicy: {
      portLevelSettings: [
        {
          port: { number: 80 },
          tls: {
            mode: "SIMPLE",
            sni: "api.example.com",
            subjectAltNames: ["api.example.com"],
            caCertificates: "/etc/ssl/private-ca.pem",
          },
        },
      ],
    },
  });
});

test("without namespaces the name stands in Istio's root namespace for all", () => {
  const compiled = run([
    externalService("foo/web", {
      hosts: ["*.example.com"],
      resolution: "None",
      consumers: [{ clusters: ["cluster1"] }],
    }),
  ]);

  expect(compiled.problems).toEqual([]);
  expect(entries(compiled)).toMatchObject([
    {
      metadata: { namespace: "istio-system" },
      spec: { hosts: ["*.example.com"], exportTo: ["*"], resolution: "NONE" },
    },
  ]);
});

test("two tenants may each declare the same host for their own namespace", () => {
  const red = { consumers: [{ clusters: ["cluster1"], namespaces: ["red"] }], hosts: ["api.example.com"] };

  const compiled = run([externalService("foo/api"), externalService("red/api", red)]);

  expect(compiled.problems).toEqual([]);
  expect(entries(compiled).map(({ metadata }) => metadata.namespace)).toEqual(["foo", "red"]);
});

test("the same host twice for one namespace is refused for both", () => {
  const again = externalService("foo/again", { hosts: ["api.example.com"], ...inBoth });

  const { problems, desired } = run([externalService("foo/api"), again]);

  expect(problems.map(({ code, at }) => `${code} ${at}`)).toEqual([
    "HOST_CONFLICT ExternalService foo/again spec.hosts[0]",
    "HOST_CONFLICT ExternalService foo/api spec.hosts[0]",
  ]);
  expect(desired.get("cluster1")).toEqual([]);
});

const cases: readonly (readonly [string, string, () => ReturnType<typeof compile>])[] = [
  [
    "NAMESPACE_MISSING",
    "a consuming namespace does not exist",
    () => run([externalService("foo/api", { consumers: [{ clusters: ["cluster1"], namespaces: ["blue"] }] })]),
  ],
  [
    "HOST_CONFLICT",
    "a ServiceEntry of the user has the host",
    () => run([externalService("foo/api")], [foreign("ServiceEntry", "foo/theirs", { hosts: ["api.example.com"] })]),
  ],
  [
    "DESTINATION_RULE_CONFLICT",
    "TLS is originated and a DestinationRule of the user is for the host",
    () =>
      run(
        [externalService("foo/api", { ports: [{ number: 80, protocol: "HTTP" }], tls: { mode: "Simple" } })],
        [foreign("DestinationRule", "foo/theirs", { host: "api.example.com" })],
      ),
  ],
  [
    "SERVICE_ACCOUNT_UNKNOWN",
    "no pod of via's gateway is seen",
    () => run([externalService("foo/api", { via: "cluster2" })]),
  ],
];

test.each(cases)("%s where %s", (code, _reason, compiled) => {
  const { problems } = compiled();

  expect([...new Set(problems.map((problem) => problem.code))]).toEqual([code]);
});

test("a DestinationRule of the user stays in use where we write none", () => {
  const theirs = foreign("DestinationRule", "foo/theirs", { host: "api.example.com" });

  expect(run([externalService("foo/api")], [theirs]).problems).toEqual([]);
});

test("every host at every port is a path for each namespace that may call, or for all", () => {
  const narrow = externalService("foo/api", { ...inBoth, ports: [...tcp.ports, { number: 80, protocol: "HTTP" }] });
  const wide = externalService("bar/web", { hosts: ["*.web.example.com"], consumers: [{ clusters: ["cluster1"] }] });

  const { paths } = run([narrow, wide]);

  const path = (namespace: string, port: number, protocol: string) => ({
    ...{ direction: "out", owner: "ExternalService.foo.api", host: "api.example.com", port, protocol },
    ...{ portName: `${protocol.toLowerCase()}-${port}`, consumer: { cluster: "cluster1", namespace } },
  });
  expect(paths).toEqual([
    {
      ...path("*", 443, "HTTPS"),
      ...{ owner: "ExternalService.bar.web", host: "*.web.example.com" },
    },
    path("foo", 3306, "TCP"),
    path("red", 3306, "TCP"),
    path("foo", 80, "HTTP"),
    path("red", 80, "HTTP"),
  ]);
});
