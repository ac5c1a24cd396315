import {
  acrossPaths,
  intents,
  meshCluster,
  namespace,
  node,
  observedCluster,
  pod,
  service,
  sharedService,
} from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { DestinationRule, KubeObject, ServiceEntry, WorkloadEntry } from "../../kinds/index.ts";
import type { Observed } from "../../model/index.ts";
import { compile } from "../compile.ts";

const region = (name: string) => ({ "topology.kubernetes.io/region": name });

function serving(name: string, number: number, more: readonly KubeObject[] = []) {
  const address = `192.0.2.${number}`;
  return observedCluster(name, address, [
    namespace("bar"),
    namespace("foo"),
    pod("foo/sleep"),
    service("bar/httpbin"),
    pod("bar/httpbin"),
    ...more,
  ]);
}

const consumer = (more: readonly KubeObject[] = []) =>
  observedCluster("cluster1", "192.0.2.1", [namespace("foo"), namespace("bar"), pod("foo/sleep"), ...more]);

function observed(...clusters: readonly ReturnType<typeof observedCluster>[]): Observed {
  return { clusters: new Map(clusters.map((cluster) => [cluster.name, cluster])), unreachable: new Map() };
}

const three = ["cluster1", "cluster2", "cluster3"];

function run(
  spec: Record<string, unknown>,
  first: ReturnType<typeof observedCluster>,
  drained: readonly string[] = [],
) {
  const shared = sharedService("bar/httpbin", { servedBy: ["cluster2", "cluster3"], ...spec });
  const clusters = three.map((name) => meshCluster(name, { drain: drained.includes(name) }));
  return compile(
    intents([shared], { clusters }),
    observed(first, serving("cluster2", 2), serving("cluster3", 3, [pod("bar/two")])),
  );
}

const of = <Kind extends KubeObject>(compiled: ReturnType<typeof run>, kind: Kind["kind"], cluster = "cluster1") =>
  (compiled.desired.get(cluster) ?? []).filter((object) => object.kind === kind) as Kind[];

const addresses = (entries: readonly ServiceEntry[]) =>
  entries.flatMap(({ spec }) => spec.endpoints ?? []).map(({ address, locality }) => `${address} ${locality}`);

const distribution = ({ spec }: DestinationRule) => spec.trafficPolicy?.loadBalancer?.localityLbSetting?.distribute;

test("a Mesh name has the gateways of all serving clusters and accepts the identities of all", () => {
  const compiled = run({ as: ["Mesh"] }, consumer());

  expect(compiled.problems).toEqual([]);
  expect(of<ServiceEntry>(compiled, "ServiceEntry").map(({ spec }) => spec)).toEqual([
    {
      hosts: ["httpbin.bar.mesh"],
      addresses: [expect.stringMatching(/^240\.0\./)],
      exportTo: ["."],
      location: "MESH_INTERNAL",
      resolution: "STATIC",
      ports: [{ name: "http", number: 8000, protocol: "HTTP" }],
      endpoints: [
        { address: "192.0.2.2", ports: { http: 32001 }, locality: "isthmus/cluster2" },
        { address: "192.0.2.3", ports: { http: 32001 }, locality: "isthmus/cluster3" },
      ],
    },
  ]);
  expect(of<DestinationRule>(compiled, "DestinationRule").map(({ spec }) => spec)).toEqual([
    {
      host: "httpbin.bar.mesh",
      exportTo: ["."],
      trafficPolicy: {
        tls: {
          mode: "ISTIO_MUTUAL",
          sni: "outbound_.8000_._.httpbin.bar.svc.cluster.local",
          subjectAltNames: ["spiffe://cluster.local/ns/bar/sa/httpbin"],
        },
      },
    },
  ]);
  expect(acrossPaths(compiled).map(({ host, server }) => `${host} ${server.cluster}`)).toEqual([
    "httpbin.bar.mesh cluster2",
    "httpbin.bar.mesh cluster3",
  ]);
});

test("PerCluster and Mesh names of one service get addresses of their own", () => {
  const entries = of<ServiceEntry>(run({ as: ["PerCluster", "Mesh"] }, consumer()), "ServiceEntry");

  expect(new Set(entries.flatMap(({ spec }) => spec.addresses)).size).toBe(3);
});

test("weights go to clusters, by localities that their endpoints have with or without weights", () => {
  const split = [
    { cluster: "cluster2", weight: 25 },
    { cluster: "cluster3", weight: 75 },
  ];

  const plain = run({ as: ["SameName"] }, consumer());
  const weighted = run({ as: ["SameName"], traffic: { split } }, consumer());

  expect(weighted.problems).toEqual([]);
  expect(of<WorkloadEntry>(weighted, "WorkloadEntry")).toEqual(of<WorkloadEntry>(plain, "WorkloadEntry"));
  expect(of<DestinationRule>(plain, "DestinationRule").map(distribution)).toEqual([undefined]);
  expect(of<DestinationRule>(weighted, "DestinationRule").map(distribution)).toEqual([
    [{ from: "*", to: { "isthmus/cluster2": 25, "isthmus/cluster3": 75 } }],
  ]);
});

test("the weight of the consumer's own pods goes to the region of its nodes", () => {
  const plain = serving("cluster1", 1);
  const others = plain.objects.filter(({ kind }) => kind !== "Node");
  const local = { ...plain, objects: [...others, node("n", "192.0.2.1", region("eu"))] };
  const traffic = {
    split: [
      { cluster: "cluster1", weight: 80 },
      { cluster: "cluster2", weight: 20 },
    ],
  };

  const compiled = run({ as: ["SameName"], servedBy: ["cluster1", "cluster2"], traffic }, local);

  expect(of<DestinationRule>(compiled, "DestinationRule").map(distribution)).toEqual([
    [{ from: "*", to: { eu: 80, "isthmus/cluster2": 20 } }],
  ]);
});

test("a cluster without weight has no endpoint", () => {
  const split = [{ cluster: "cluster3", weight: 100 }];

  expect(addresses(of<ServiceEntry>(run({ as: ["Mesh"], traffic: { split } }, consumer()), "ServiceEntry"))).toEqual([
    "192.0.2.3 isthmus/cluster3",
  ]);
});

test("a drained cluster leaves the name for several clusters, keeps its own, and the others share its weight", () => {
  const split = [
    { cluster: "cluster1", weight: 50 },
    { cluster: "cluster2", weight: 34 },
    { cluster: "cluster3", weight: 16 },
  ];
  const spec = { as: ["PerCluster", "Mesh"], servedBy: three, traffic: { split } };

  const compiled = run(spec, serving("cluster1", 1), ["cluster1"]);

  expect(compiled.problems).toEqual([]);
  const mesh = of<ServiceEntry>(compiled, "ServiceEntry").filter(({ spec }) => spec.hosts[0] === "httpbin.bar.mesh");
  const rules = of<DestinationRule>(compiled, "DestinationRule").filter(({ spec }) => spec.host === "httpbin.bar.mesh");
  expect(addresses(mesh)).toEqual(["192.0.2.2 isthmus/cluster2", "192.0.2.3 isthmus/cluster3"]);
  expect(rules.map(distribution)).toEqual([[{ from: "*", to: { "isthmus/cluster2": 68, "isthmus/cluster3": 32 } }]]);
  expect(compiled.paths.map(({ host }) => host)).toContain("httpbin.bar.cluster1");
});

test("a drained consumer's own pods get none of its calls by the service's own name", () => {
  const compiled = run({ as: ["SameName"], servedBy: three }, serving("cluster1", 1), ["cluster1"]);

  expect(of<DestinationRule>(compiled, "DestinationRule").map(distribution)).toEqual([
    [{ from: "*", to: { "isthmus/cluster2": 50, "isthmus/cluster3": 50 } }],
  ]);
});

test("where all clusters that serve are drained they still serve, with a warning", () => {
  const compiled = run({ as: ["Mesh"] }, consumer(), ["cluster2", "cluster3"]);

  expect(compiled.problems.map(({ code }) => code)).toEqual(["DRAIN_WITHOUT_EFFECT"]);
  expect(addresses(of<ServiceEntry>(compiled, "ServiceEntry"))).toHaveLength(2);
});

test("near endpoints are preferred by where they are, and failing ones found", () => {
  const near = observedCluster("cluster2", "192.0.2.2", [
    namespace("bar"),
    service("bar/httpbin"),
    pod("bar/httpbin"),
    node("n", "192.0.2.22", region("eu")),
  ]);
  const shared = sharedService("bar/httpbin", { as: ["SameName"], traffic: { locality: {} } });

  const compiled = compile(intents([shared]), observed(consumer(), near));

  expect(of<WorkloadEntry>(compiled, "WorkloadEntry").map(({ spec }) => spec.locality)).toContain("eu");
  expect(of<DestinationRule>(compiled, "DestinationRule")[0]?.spec.trafficPolicy).toMatchObject({
    outlierDetection: { consecutiveGatewayErrors: 2, maxEjectionPercent: 100 },
    loadBalancer: { localityLbSetting: { enabled: true } },
  });
});

const inRegion = (name: string, number: number, where: string | undefined) =>
  observedCluster(name, `192.0.2.${number}`, [
    namespace("foo"),
    namespace("bar"),
    service("bar/httpbin"),
    pod("bar/httpbin"),
    node(name, `192.0.2.${number}`, where === undefined ? {} : region(where)),
  ]);

function failingOver(
  failover: readonly { readonly from: string; readonly to: string }[],
  regions: readonly (string | undefined)[],
) {
  const shared = sharedService("bar/httpbin", {
    servedBy: three,
    as: ["SameName", "Mesh"],
    traffic: { locality: { failover } },
  });
  const clusters = regions.map((where, index) => inRegion(`cluster${index + 1}`, index + 1, where));
  // Of cluster3 only the declaration tells the region.
  const declared = three.map((name) => meshCluster(name, name === "cluster3" ? { locality: { region: "asia" } } : {}));
  return compile(intents([shared], { clusters: declared }), observed(...clusters));
}

test("failover by region is told in Istio's words, for every name, to endpoints that are where they are", () => {
  const compiled = failingOver(
    [
      { from: "us", to: "asia" },
      { from: "eu", to: "asia" },
    ],
    ["eu", "us", "asia"],
  );

  const rules = of<DestinationRule>(compiled, "DestinationRule");
  expect(compiled.problems).toEqual([]);
  expect(rules).toHaveLength(2);
  for (const { spec } of rules) {
    expect(spec.trafficPolicy?.outlierDetection).toMatchObject({ consecutiveGatewayErrors: 2 });
    expect(spec.trafficPolicy?.loadBalancer?.localityLbSetting).toEqual({
      enabled: true,
      failover: [
        { from: "eu", to: "asia" },
        { from: "us", to: "asia" },
      ],
    });
  }
  expect(of<WorkloadEntry>(compiled, "WorkloadEntry").map(({ spec }) => spec.locality)).toEqual(["us", "asia"]);
  expect(addresses(of<ServiceEntry>(compiled, "ServiceEntry"))).toEqual([
    "192.0.2.1 eu",
    "192.0.2.2 us",
    "192.0.2.3 asia",
  ]);
});

test("regions that no cluster is in are told, and so are callers whose region nobody knows", () => {
  const rules = [
    { from: "eu-west", to: "eu-wset" },
    { from: "asia", to: "eu-west" },
  ];

  const slips = failingOver(rules, ["eu-west", "us-east", "us-east"]);
  const unlabelled = failingOver(rules, [undefined, "us-east", undefined]);

  expect(slips.problems.map(({ code, message }) => [code, message])).toEqual([
    ["FAILOVER_WITHOUT_EFFECT", "no cluster of the mesh is in region eu-wset; did you mean eu-west?"],
    ["FAILOVER_WITHOUT_EFFECT", "no node of the mesh is in region asia"],
  ]);
  expect(slips.held.size).toBe(0);
  expect(unlabelled.problems.map(({ code, message }) => [code, message])).toEqual([
    [
      "FAILOVER_WITHOUT_EFFECT",
      "the nodes of cluster1 tell no region, so its callers are in none and fail over to all others alike",
    ],
  ]);
});

test("settings in Istio's shape hold for every port of every name", () => {
  const traffic = {
    outlierDetection: { consecutive5xxErrors: 3, interval: "5s" },
    connectionPool: { http: { maxRequestsPerConnection: 1 } },
    loadBalancer: { simple: "ROUND_ROBIN" },
  };
  const ports = [
    { name: "http", port: 80 },
    { name: "admin", port: 81 },
  ];
  const server = observedCluster("cluster2", "192.0.2.2", [
    namespace("bar"),
    service("bar/httpbin", ports),
    pod("bar/httpbin"),
  ]);
  const shared = sharedService("bar/httpbin", { as: ["PerCluster", "SameName", "Mesh"], traffic });

  const compiled = compile(intents([shared]), observed(consumer(), server));

  const rules = of<DestinationRule>(compiled, "DestinationRule");
  expect(rules).toHaveLength(3);
  for (const { spec } of rules) {
    expect(spec.trafficPolicy).toMatchObject(traffic);
    for (const port of spec.trafficPolicy?.portLevelSettings ?? []) expect(port).toMatchObject(traffic);
  }
});

test.each([
  [
    "TRAFFIC_CONFLICT",
    "weights for a name of one cluster",
    { traffic: { split: [{ cluster: "cluster2", weight: 100 }] } },
  ],
  ["TRAFFIC_CONFLICT", "near endpoints of a name of one cluster", { traffic: { locality: {} } }],
  [
    "TRAFFIC_CONFLICT",
    "weights and near endpoints together",
    { as: ["Mesh"], traffic: { locality: {}, split: [{ cluster: "cluster2", weight: 100 }] } },
  ],
  [
    "TRAFFIC_CONFLICT",
    "failover by region and by cluster together",
    { as: ["Mesh"], traffic: { locality: { clusters: ["cluster3"], failover: [{ from: "eu", to: "us" }] } } },
  ],
  [
    "REGION_UNKNOWN",
    "nodes without a region",
    {
      as: ["SameName"],
      servedBy: three,
      traffic: {
        split: [
          { cluster: "cluster1", weight: 50 },
          { cluster: "cluster2", weight: 50 },
        ],
      },
    },
  ],
])("%s where %s", (code, _reason, spec) => {
  const first = code === "REGION_UNKNOWN" ? serving("cluster1", 1) : consumer();

  expect(run(spec, first).problems.map((problem) => problem.code)).toEqual([code]);
});
