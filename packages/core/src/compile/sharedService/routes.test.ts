import {
  acrossPaths,
  intents,
  meshCluster,
  namespace,
  observedCluster,
  pod,
  service,
  sharedService,
} from "@isthmus/testkit";
import { expect, test } from "vitest";
import {
  type AuthorizationPolicy,
  type DestinationRule,
  type Gateway,
  type KubeObject,
  ownershipLabels,
  type Service,
  type ServiceEntry,
  type VirtualService,
} from "../../kinds/index.ts";
import type { Observed } from "../../model/index.ts";
import { compile } from "../compile.ts";

const http = [{ name: "http", port: 8000, targetPort: 8080 }];

function cluster(name: string, number: number, more: readonly KubeObject[]) {
  return observedCluster(name, `192.0.2.${number}`, [namespace("foo"), namespace("bar"), pod("foo/sleep"), ...more]);
}

/** httpbin v1 in cluster2, v1 and v2 in cluster3, and where `more` says so elsewhere; cluster1 calls. */
function run(
  spec: Record<string, unknown>,
  {
    ports = http,
    more = [],
    drained = [],
  }: { ports?: typeof http; more?: readonly KubeObject[]; drained?: readonly string[] } = {},
) {
  const v1 = pod("bar/one", { app: "httpbin", version: "v1", serviceAccount: "one" });
  const v2 = pod("bar/two", { app: "httpbin", version: "v2", serviceAccount: "two" });
  const all = [
    cluster("cluster1", 1, more),
    cluster("cluster2", 2, [service("bar/httpbin", ports), v1]),
    cluster("cluster3", 3, [service("bar/httpbin", ports), v1, v2]),
  ];
  const observed: Observed = { clusters: new Map(all.map((each) => [each.name, each])), unreachable: new Map() };
  const shared = sharedService("bar/httpbin", { servedBy: ["cluster2", "cluster3"], as: ["Mesh"], ...spec });
  const clusters = all.map(({ name }) => meshCluster(name, { drain: drained.includes(name) }));
  return compile(intents([shared], { clusters }), observed);
}

const of = <Kind extends KubeObject>(compiled: ReturnType<typeof run>, kind: Kind["kind"], name = "cluster1") =>
  (compiled.desired.get(name) ?? []).filter((object) => object.kind === kind) as Kind[];

const version = (name: string) => ({ version: name });
const port = { number: 8000 };

const canary = { headers: { "x-canary": { exact: "true" } }, to: { labels: version("v2") } };
const split = [
  { cluster: "cluster2", weight: 60 },
  { cluster: "cluster3", labels: version("v2"), weight: 40 },
];

/** `subset@host weight` of each destination of each route. */
function destinations(compiled: ReturnType<typeof run>): readonly (readonly string[])[] {
  const [routes] = of<VirtualService>(compiled, "VirtualService");
  return (routes?.spec.http ?? routes?.spec.tcp ?? []).map(({ route }) =>
    (route ?? []).map(
      ({ destination, weight }) =>
        `${destination?.subset === undefined ? "" : `${destination.subset}@`}${destination?.host} ${weight ?? "all"}`,
    ),
  );
}

test("a version has a Service, a Gateway, a name and an identity of its own", () => {
  const compiled = run({ traffic: { split } });

  expect(compiled.problems).toEqual([]);
  expect(of<Service>(compiled, "Service", "cluster3").map(({ spec }) => spec.selector)).toEqual([
    { version: "v2", app: "httpbin", "security.istio.io/tlsMode": "istio" },
  ]);
  expect(of<Service>(compiled, "Service", "cluster2")).toEqual([]);
  const hosts = of<Gateway>(compiled, "Gateway", "cluster3").flatMap(({ spec }) => spec.servers?.[0]?.hosts ?? []);
  expect(hosts).toHaveLength(2);
  const rule = of<DestinationRule>(compiled, "DestinationRule").find(({ spec }) => spec.host.startsWith("v2."));
  expect(rule?.spec).toEqual({
    host: "v2.httpbin.bar.cluster3",
    exportTo: ["."],
    trafficPolicy: {
      tls: {
        mode: "ISTIO_MUTUAL",
        sni: `outbound_.8000_._.${hosts.find((host) => host.startsWith("httpbin-entry-v2-"))}`,
        subjectAltNames: ["spiffe://cluster.local/ns/bar/sa/two"],
      },
    },
  });
  expect(of<VirtualService>(compiled, "VirtualService").map(({ spec }) => spec)).toEqual([
    {
      hosts: ["httpbin.bar.mesh"],
      exportTo: ["."],
      http: [
        {
          match: [{ port: 8000 }],
          route: [
            { destination: { host: "httpbin.bar.cluster2", port }, weight: 60 },
            { destination: { host: "v2.httpbin.bar.cluster3", port }, weight: 40 },
          ],
        },
      ],
    },
  ]);
  expect(acrossPaths(compiled).map(({ host, server: { labels } }) => [host, labels])).toContainEqual([
    "v2.httpbin.bar.cluster3",
    { version: "v2" },
  ]);
});

test.each([
  ["TCP", "tcp", { tcp: 1 }],
  ["a protocol that Istio finds out", "web", { http: 1, tcp: 1 }],
])("a split by version holds for %s", (_, name, expected) => {
  const [routes] = of<VirtualService>(
    run({ traffic: { split } }, { ports: [{ name, port: 8000, targetPort: 8080 }] }),
    "VirtualService",
  );

  const { http: ofHttp, tcp } = routes?.spec ?? {};
  expect(Object.fromEntries(Object.entries({ http: ofHttp?.length, tcp: tcp?.length }).filter(([, n]) => n))).toEqual(
    expected,
  );
});

test("rules come before the split, in their order, with time and tries for all", () => {
  const traffic = {
    match: [
      { path: { prefix: "/admin" }, methods: ["PUT", "GET"], to: { cluster: "cluster3" } },
      {
        headers: { "x-b": { regex: "b+" }, "x-a": { prefix: "a" } },
        to: { cluster: "cluster2", labels: version("v1") },
      },
    ],
    timeout: "2s",
    retries: { attempts: 2, perTryTimeout: "1s", retryOn: "5xx,503" },
  };
  const policy = { timeout: "2s", retries: traffic.retries };

  const compiled = run({ traffic });

  const routes = of<VirtualService>(compiled, "VirtualService").find(
    ({ spec }) => spec.hosts?.[0] === "httpbin.bar.mesh",
  );
  expect(compiled.problems).toEqual([]);
  expect(routes?.spec.http).toEqual([
    {
      match: [
        { port: 8000, uri: { prefix: "/admin" }, method: { exact: "GET" } },
        { port: 8000, uri: { prefix: "/admin" }, method: { exact: "PUT" } },
      ],
      route: [{ destination: { host: "httpbin.bar.cluster3", port } }],
      ...policy,
    },
    {
      match: [{ port: 8000, headers: { "x-a": { prefix: "a" }, "x-b": { regex: "b+" } } }],
      route: [{ destination: { host: "v1.httpbin.bar.cluster2", port } }],
      ...policy,
    },
    { match: [{ port: 8000 }], route: [{ destination: { host: "httpbin.bar.mesh", port } }], ...policy },
  ]);
});

test("a rule to a version goes to every cluster that has it, by the weights of the split or evenly", () => {
  const rule = { ...canary, to: { labels: version("v1") } };
  const weighted = [
    { cluster: "cluster2", weight: 75 },
    { cluster: "cluster3", weight: 25 },
  ];

  const even = destinations(run({ traffic: { match: [rule] } }));
  const byWeight = destinations(run({ traffic: { match: [rule], split: weighted } }));
  const only = destinations(run({ traffic: { match: [canary] } }));

  expect(even[0]).toEqual(["v1.httpbin.bar.cluster2 50", "v1.httpbin.bar.cluster3 50"]);
  expect(byWeight[0]).toEqual(["v1.httpbin.bar.cluster2 75", "v1.httpbin.bar.cluster3 25"]);
  expect(only[0]).toEqual(["v2.httpbin.bar.cluster3 all"]);
});

test("a drained cluster gets nothing: the others share its weight, and its rules fall through", () => {
  const traffic = { match: [canary, { path: { exact: "/a" }, to: { cluster: "cluster2" } }], split };

  const compiled = run({ traffic }, { drained: ["cluster3"] });

  expect(compiled.problems).toEqual([]);
  expect(destinations(compiled)).toEqual([["httpbin.bar.cluster2 all"], ["httpbin.bar.cluster2 all"]]);
});

test("a version without pods is warned of, and gets nothing", () => {
  const missing = [...split.slice(0, 1), { cluster: "cluster2", labels: version("v9"), weight: 40 }];

  const compiled = run({ traffic: { match: [{ ...canary, to: { labels: version("v8") } }], split: missing } });

  expect(compiled.problems.map(({ code, at }) => [code, at])).toEqual([
    ["VERSION_MISSING", "SharedService bar/httpbin spec.traffic.match[0].to.labels"],
    ["VERSION_MISSING", "SharedService bar/httpbin spec.traffic.split[1].labels"],
  ]);
  expect(destinations(compiled)).toEqual([["httpbin.bar.cluster2 all"]]);
});

test("labels that contradict the Service's selector are a version without pods, not other pods", () => {
  const other = { app: "other", version: "v2" };
  const traffic = { split: [...split.slice(0, 1), { cluster: "cluster3", labels: other, weight: 40 }] };

  const compiled = run({ traffic });

  expect(compiled.problems.map(({ code }) => code)).toEqual(["VERSION_MISSING"]);
  expect(of<Service>(compiled, "Service", "cluster3")).toEqual([]);
});

test("two versions that read alike get names that differ", () => {
  const traffic = {
    match: [canary, { path: { exact: "/a" }, to: { cluster: "cluster3", labels: { app: "httpbin-v2" } } }],
    split: [
      { cluster: "cluster3", labels: { app: "httpbin", version: "v2" }, weight: 50 },
      { cluster: "cluster3", labels: { version: "httpbin-v2" }, weight: 50 },
    ],
  };

  const hosts = run({ traffic }).paths.map(({ host }) => host);

  expect(hosts).toContainEqual(expect.stringMatching(/^httpbin-v2-\w{10}\.httpbin\.bar\.cluster3$/));
});

test("own pods are a subset of the merged Service, and the weights need no region of the nodes", () => {
  const traffic = {
    match: [{ ...canary, to: { cluster: "cluster1" } }],
    split: [
      { cluster: "cluster1", labels: version("v1"), weight: 70 },
      { cluster: "cluster2", weight: 30 },
    ],
  };
  const own = [service("bar/httpbin", http), pod("bar/own", { app: "httpbin", version: "v1" })];

  const compiled = run({ as: ["SameName"], servedBy: ["cluster1", "cluster2"], traffic }, { more: own });

  expect(compiled.problems).toEqual([]);
  const host = "httpbin.bar.svc.cluster.local";
  expect(destinations(compiled)).toEqual([[`own@${host} all`], [`own-v1@${host} 70`, "httpbin.bar.cluster2 30"]]);
  const rules = of<DestinationRule>(compiled, "DestinationRule").filter(({ spec }) => spec.host === host);
  expect(rules.flatMap(({ spec }) => spec.subsets ?? []).map(({ name, labels }) => ({ name, labels }))).toEqual([
    { name: "own-v1", labels: { version: "v1", "security.istio.io/tlsMode": "istio" } },
    { name: "own", labels: { "security.istio.io/tlsMode": "istio" } },
  ]);
});

test("a cluster that serves alone splits its own versions for its own callers", () => {
  const own = [
    service("bar/httpbin", http),
    pod("bar/own", { app: "httpbin", version: "v1" }),
    pod("bar/new", { app: "httpbin", version: "v2" }),
  ];
  const traffic = {
    split: ["v1", "v2"].map((name) => ({ cluster: "cluster1", labels: version(name), weight: 50 })),
  };

  const compiled = run({ as: ["SameName"], servedBy: ["cluster1"], traffic }, { more: own });

  expect(compiled.problems).toEqual([]);
  const host = "httpbin.bar.svc.cluster.local";
  expect(destinations(compiled)).toEqual([[`own-v1@${host} 50`, `own-v2@${host} 50`]]);
  expect(of(compiled, "WorkloadEntry")).toEqual([]);
});

test("access rules hold for the versions' names too", () => {
  const compiled = run({ traffic: { split }, access: [{ methods: ["GET"] }] });

  const [policy] = of<AuthorizationPolicy>(compiled, "AuthorizationPolicy", "cluster3");
  const hosts = of<Gateway>(compiled, "Gateway", "cluster3").flatMap(({ spec }) => spec.servers?.[0]?.hosts ?? []);
  const rules = policy?.spec.rules ?? [];
  expect(hosts).toHaveLength(2);
  for (const { when } of rules) {
    expect(when?.[0]?.values?.toSorted()).toEqual(hosts.map((host) => `outbound_.8000_._.${host}`).toSorted());
  }
  expect(rules.length).toBeGreaterThan(0);
});

test("an explicit order of failover is told by labels: own endpoints first, unlisted clusters last", () => {
  const own = [service("bar/httpbin", http), pod("bar/own", { app: "httpbin" })];
  const spec = { as: ["Mesh"], servedBy: ["cluster1", "cluster2", "cluster3"] };

  const compiled = run({ ...spec, traffic: { locality: { clusters: ["cluster3"] } } }, { more: own });

  expect(compiled.problems).toEqual([]);
  expect(
    of<ServiceEntry>(compiled, "ServiceEntry")
      .flatMap((entry) => entry.spec.endpoints ?? [])
      .map(({ labels }) => labels),
  ).toEqual([1, 2, 3].map((number) => ({ [`cluster.isthmus.io/cluster${number}`]: "true" })));
  const [rule] = of<DestinationRule>(compiled, "DestinationRule");
  expect(rule?.spec.trafficPolicy?.loadBalancer?.localityLbSetting).toEqual({
    enabled: true,
    failoverPriority: ["cluster.isthmus.io/cluster2", "cluster.isthmus.io/cluster3", "topology.kubernetes.io/zone"],
  });
});

const userRoutes = (hosts: string[], spec: Record<string, unknown> = {}, where = "foo"): VirtualService => ({
  apiVersion: "networking.istio.io/v1",
  kind: "VirtualService",
  metadata: { name: "mine", namespace: where },
  spec: { hosts, ...spec },
});

test.each([
  ["the name", userRoutes(["httpbin.bar.mesh"]), "Mesh"],
  ["a wildcard over it", userRoutes(["*.mesh"], {}, "shop"), "Mesh"],
  ["the Service, by its short name", userRoutes(["httpbin"], {}, "bar"), "SameName"],
])("a VirtualService of the user for %s is a problem, not overwritten", (_, mine, form) => {
  const compiled = run({ as: [form], traffic: { match: [canary] } }, { more: [mine] });

  expect(compiled.problems.map(({ code }) => code)).toEqual(["VIRTUAL_SERVICE_CONFLICT"]);
});

test.each([
  ["for a gateway", userRoutes(["httpbin.bar.mesh"], { gateways: ["foo/mine"] }), { match: [canary] }],
  ["that callers do not see", userRoutes(["httpbin.bar.mesh"], { exportTo: ["."] }, "shop"), { match: [canary] }],
  ["where we write none", userRoutes(["httpbin.bar.mesh"]), {}],
])("a VirtualService of the user %s may stay", (_, mine, traffic) => {
  expect(run({ traffic }, { more: [mine] }).problems).toEqual([]);
});

const apiRoute = (
  kind: string,
  parent: Record<string, unknown>,
  { where = "bar", to = "httpbin" }: { where?: string; to?: string } = {},
): KubeObject => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind,
  metadata: { name: "theirs", namespace: where },
  spec: { parentRefs: [parent], rules: [{ backendRefs: [{ name: to, port: 8000 }] }] },
});
const toService = { group: "", kind: "Service", name: "httpbin" };

const ourEntry: KubeObject = {
  apiVersion: "networking.istio.io/v1",
  kind: "ServiceEntry",
  metadata: {
    name: "httpbin-bar-mesh-0123456789",
    namespace: "foo",
    labels: ownershipLabels("SharedService.bar.httpbin", "consumer"),
  },
  spec: { hosts: ["httpbin.bar.mesh"] },
};

test.each([
  ["an HTTPRoute beside the Service", "SameName", [apiRoute("HTTPRoute", toService)]],
  [
    "a GRPCRoute of a caller's namespace",
    "SameName",
    [apiRoute("GRPCRoute", { ...toService, namespace: "bar" }, { where: "foo" })],
  ],
  [
    "a TCPRoute for a name of ours",
    "Mesh",
    [
      ourEntry,
      apiRoute(
        "TCPRoute",
        { group: "networking.istio.io", kind: "ServiceEntry", name: ourEntry.metadata.name },
        { where: "foo" },
      ),
    ],
  ],
])("%s is a problem where the name needs routes of ours", (_, form, more) => {
  const { problems } = run({ as: [form], traffic: { match: [canary] } }, { more });

  expect(problems.map(({ code }) => code)).toEqual(["ROUTE_CONFLICT"]);
});

test.each([
  ["of another namespace's callers", apiRoute("HTTPRoute", { ...toService, namespace: "bar" }, { where: "shop" })],
  ["of a gateway", apiRoute("HTTPRoute", { name: "httpbin" })],
])("a route %s may stay", (_, mine) => {
  expect(run({ as: ["SameName"], traffic: { match: [canary] } }, { more: [mine] }).problems).toEqual([]);
});

const byCluster = [
  { cluster: "cluster2", weight: 50 },
  { cluster: "cluster3", weight: 50 },
];

test("a route of the user that leads a name's calls past its weights is told, one that leads them there is not", () => {
  const spec = { as: ["SameName"], traffic: { split: byCluster } };
  const virtualService = { http: [{ route: [{ destination: { host: "other" } }] }] };

  const past = run(spec, { more: [apiRoute("HTTPRoute", toService, { to: "other" })] });
  const byRoutes = run(spec, { more: [userRoutes(["httpbin"], virtualService, "bar")] });
  const there = run(spec, { more: [apiRoute("HTTPRoute", toService)] });

  const message = (kind: string, name: string) =>
    `${kind} bar/${name} in cluster1 leads calls to httpbin.bar.svc.cluster.local on to other.bar.svc.cluster.local, past what spec.traffic says`;
  expect(past.problems.map(({ code, message }) => [code, message])).toEqual([
    ["TRAFFIC_BYPASSED", message("HTTPRoute", "theirs")],
  ]);
  expect(byRoutes.problems.map(({ message }) => message)).toEqual([message("VirtualService", "mine")]);
  expect(there.problems).toEqual([]);
});

test.each([
  ["TRAFFIC_CONFLICT", "rules for a name of one cluster", { as: ["PerCluster"], traffic: { match: [canary] } }, "http"],
  ["TRAFFIC_CONFLICT", "versions and near endpoints", { traffic: { split, locality: {} } }, "http"],
  ["TRAFFIC_PROTOCOL", "rules for TCP", { traffic: { match: [canary] } }, "tcp"],
  ["TRAFFIC_PROTOCOL", "a timeout for a port that Istio sniffs", { traffic: { timeout: "1s" } }, "web"],
  ["TRAFFIC_PROTOCOL", "retries for TCP", { traffic: { retries: { attempts: 1 } } }, "tcp"],
  ["TRAFFIC_PROTOCOL", "versions of a stream that the app encrypts", { traffic: { split } }, "tls"],
])("%s where %s", (code, _reason, spec, name) => {
  const { problems } = run(spec, { ports: [{ name, port: 8000, targetPort: 8080 }] });

  expect([...new Set(problems.map((problem) => problem.code))]).toEqual([code]);
});

test("a TCP port beside an HTTP port is left to itself by what is for HTTP", () => {
  const ports = [...http, { name: "tcp", port: 9000, targetPort: 9000 }];

  const compiled = run({ traffic: { timeout: "1s", match: [canary] } }, { ports });

  expect(compiled.problems).toEqual([]);
  for (const { spec } of of<VirtualService>(compiled, "VirtualService")) expect(spec.tcp).toBeUndefined();
});
