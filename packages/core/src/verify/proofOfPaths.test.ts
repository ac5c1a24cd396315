import {
  externalAccess,
  externalService,
  gatewayService,
  intents,
  meshCluster,
  namespace,
  observedCluster,
  pod,
  service,
  sharedService,
} from "@isthmus/testkit";
import { expect, test } from "vitest";
import { compile } from "../compile/compile.ts";
import type { KubeObject } from "../kinds/kubeObject.ts";
import { keyOf, refOf } from "../kinds/kubeObject.ts";
import type { Intents } from "../model/intents.ts";
import type { Observed, ObservedCluster } from "../model/observed.ts";
import { proofOfPaths } from "./proofOfPaths.ts";

type Change = (cluster: ObservedCluster) => ObservedCluster;

const perCluster = intents([sharedService("bar/httpbin")]);
const sameName = intents([sharedService("bar/httpbin", { as: ["SameName"] })]);

const client = observedCluster("cluster1", "192.0.2.1", [namespace("foo"), namespace("bar"), pod("foo/sleep")]);
const gatewayPod = { ...pod("istio-system/gateway", { app: "gateway" }) };
const server = observedCluster("cluster2", "192.0.2.2", [
  namespace("bar"),
  service("bar/httpbin"),
  pod("bar/httpbin"),
  { ...gatewayPod, metadata: { ...gatewayPod.metadata, labels: { istio: "ingressgateway" } } },
]);

function observed(...clusters: readonly ObservedCluster[]): Observed {
  return { clusters: new Map(clusters.map((cluster) => [cluster.name, cluster])), unreachable: new Map() };
}

/** The proof after an apply of `declared`, each cluster changed since. */
function proofs(declared: Intents, changes: Readonly<Record<string, Change>> = {}) {
  const compiled = compile(declared, observed(client, server));
  const applied = [client, server].map((cluster) => {
    const objects = [...cluster.objects, ...(compiled.desired.get(cluster.name) ?? [])];
    return (changes[cluster.name] ?? ((same) => same))({ ...cluster, objects });
  });
  return proofOfPaths({ intents: declared, compiled, observed: observed(...applied) });
}

/** `name: status` of each hop that is not ok. */
function amiss(found: ReturnType<typeof proofs>): readonly string[] {
  return found.flatMap(({ hops }) =>
    hops.filter(({ status }) => status !== "ok").map(({ name, status }) => `${name}: ${status}`),
  );
}

const without =
  (kind: string): Change =>
  (cluster) => ({ ...cluster, objects: cluster.objects.filter((object) => object.kind !== kind) });

const edited =
  (kind: string, spec: Readonly<Record<string, unknown>>): Change =>
  (cluster) => ({
    ...cluster,
    objects: cluster.objects.map((object) =>
      object.kind === kind ? { ...object, spec: { ...(object.spec as object), ...spec } } : object,
    ),
  });

const replaced =
  (by: KubeObject): Change =>
  (cluster) => ({
    ...cluster,
    objects: [...cluster.objects.filter((object) => keyOf(refOf(object)) !== keyOf(refOf(by))), by],
  });

test("a path with everything in place is ok, and each hop says what was found", () => {
  const [proof, ...others] = proofs(perCluster);

  expect(others).toEqual([]);
  expect(proof?.verdict).toBe("ok");
  expect(proof?.hops).toEqual([
    { name: "client", cluster: "cluster1", status: "ok", detail: "1 of 1 workloads in namespace foo have a sidecar" },
    { name: "name", cluster: "cluster1", status: "ok", detail: expect.stringContaining("2 objects in place") },
    { name: "identity", cluster: "cluster1", status: "ok", detail: "only spiffe://cluster.local/ns/bar/sa/httpbin" },
    { name: "trust", status: "ok", detail: "both trust root aaaaaaaaaaaa" },
    { name: "gateway", cluster: "cluster2", status: "ok", detail: "192.0.2.2:32001; 1 ready" },
    { name: "passthrough", cluster: "cluster2", status: "ok", detail: "1 object in place" },
    { name: "service", cluster: "cluster2", status: "ok", detail: "1 of 1 workloads are ready and have a sidecar" },
  ]);
});

test("an imported service under its own name is ok as well", () => {
  expect(amiss(proofs(sameName))).toEqual([]);
  expect(proofs(sameName)).toHaveLength(1);
});

test.each([
  ["the ServiceEntry is missing", { cluster1: without("ServiceEntry") }, ["name: broken"]],
  ["the DestinationRule is missing", { cluster1: without("DestinationRule") }, ["name: broken", "identity: broken"]],
  ["the name leads elsewhere", { cluster1: edited("ServiceEntry", { endpoints: [] }) }, ["name: broken"]],
  [
    "another identity is accepted too",
    {
      cluster1: edited("DestinationRule", {
        trafficPolicy: {
          tls: { mode: "ISTIO_MUTUAL", subjectAltNames: ["spiffe://cluster.local/ns/bar/sa/httpbin", "spiffe://x"] },
        },
      }),
    },
    ["name: broken", "identity: broken"],
  ],
  ["the Gateway is missing", { cluster2: without("Gateway") }, ["passthrough: broken"]],
  ["the workload is not ready", { cluster2: replaced(pod("bar/httpbin", { ready: false })) }, ["service: broken"]],
  ["the workload has no sidecar", { cluster2: replaced(pod("bar/httpbin", { sidecar: false })) }, ["service: broken"]],
  [
    "the Service lost the port",
    { cluster2: replaced(service("bar/httpbin", [{ name: "x", port: 1 }])) },
    ["service: broken"],
  ],
  [
    "the gateway has no node port",
    { cluster2: replaced(gatewayService({ ports: [{ port: 15443 }] })) },
    ["gateway: broken"],
  ],
  [
    "the gateway is not ready",
    {
      cluster2: replaced({
        ...pod("istio-system/gateway", { ready: false }),
        metadata: { name: "gateway", namespace: "istio-system", labels: { istio: "ingressgateway" } },
      }),
    },
    ["gateway: broken"],
  ],
  ["the caller has no sidecar", { cluster1: replaced(pod("foo/sleep", { sidecar: false })) }, ["client: broken"]],
  [
    "the roots differ",
    { cluster1: (cluster) => ({ ...cluster, trustRoots: [{ fingerprint: "bb", subject: "", notAfter: "" }] }) },
    ["trust: broken"],
  ],
  ["a root is not known", { cluster1: (cluster) => ({ ...cluster, trustRoots: [] }) }, ["trust: unknown"]],
] satisfies [string, Record<string, Change>, string[]][])("a path is not ok where %s", (_, changes, hops) => {
  const found = proofs(perCluster, changes);

  expect(amiss(found)).toEqual(hops);
  expect(found.map(({ verdict }) => verdict)).toEqual([
    hops.some((hop) => hop.endsWith("broken")) ? "broken" : "unknown",
  ]);
});

test("under its own name a path breaks with its Service or its endpoints", () => {
  expect(amiss(proofs(sameName, { cluster1: without("Service") }))).toEqual(["name: broken"]);
  expect(amiss(proofs(sameName, { cluster1: without("WorkloadEntry") }))).toEqual(["name: broken", "identity: broken"]);
});

test("what the fault is is told with the object and the field", () => {
  const [proof] = proofs(perCluster, { cluster1: edited("ServiceEntry", { resolution: "DNS" }) });

  expect(proof?.hops[1]?.detail).toMatch(/^ServiceEntry foo\/httpbin-\S+ differs in spec\.resolution$/);
});

test("of several serving clusters only the one that is broken breaks its paths", () => {
  const both = intents([sharedService("bar/httpbin", { servedBy: ["cluster2", "cluster3"] })], {
    clusters: ["cluster1", "cluster2", "cluster3"].map((name) => meshCluster(name)),
  });
  const third = { ...server, name: "cluster3" };
  const compiled = compile(both, observed(client, server, third));
  const [first, second, last] = [client, server, third].map((cluster) => ({
    ...cluster,
    objects: [...cluster.objects, ...(compiled.desired.get(cluster.name) ?? [])],
  }));
  if (first === undefined || second === undefined || last === undefined) throw new Error("three clusters");

  const found = proofOfPaths({ intents: both, compiled, observed: observed(first, second, without("Gateway")(last)) });

  expect(found.map(({ path, verdict }) => [path.host, verdict])).toEqual([
    ["httpbin.bar.cluster2", "ok"],
    ["httpbin.bar.cluster3", "broken"],
  ]);
});

test("a path of a declaration that is held is not known to be whole", () => {
  const compiled = compile(perCluster, observed(client, server));

  const [proof] = proofOfPaths({
    intents: perCluster,
    compiled: { ...compiled, held: new Map([["SharedService.bar.httpbin", "cluster3 cannot be read"]]) },
    observed: observed(client),
  });

  expect(proof?.hops[0]).toEqual({ name: "declaration", status: "unknown", detail: "cluster3 cannot be read" });
  expect(proof?.hops.filter(({ cluster }) => cluster === "cluster2").map(({ status }) => status)).toEqual([
    "unknown",
    "unknown",
    "unknown",
  ]);
});

test("a version's path needs its own pods, and a routed name its routes", () => {
  const routed = intents([
    sharedService("bar/httpbin", {
      as: ["Mesh"],
      traffic: { timeout: "1s", split: [{ cluster: "cluster2", labels: { version: "v2" }, weight: 100 }] },
    }),
  ]);
  const versioned = (ready: boolean) =>
    pod("bar/two", { app: "httpbin", version: "v2", serviceAccount: "httpbin", ready });
  const withVersion = { ...server, objects: [...server.objects, versioned(true)] };
  const compiled = compile(routed, observed(client, withVersion));
  const proofsOf = (...changes: readonly [Change, Change]) => {
    const clusters = [client, withVersion].map((cluster, index) =>
      changes[index]?.({ ...cluster, objects: [...cluster.objects, ...(compiled.desired.get(cluster.name) ?? [])] }),
    );
    const found = proofOfPaths({
      intents: routed,
      compiled,
      observed: observed(...clusters.flatMap((cluster) => cluster ?? [])),
    });
    return found.map(({ path, hops }) => [path.host, amiss([{ path, hops, verdict: "ok" }])]);
  };
  const same: Change = (cluster) => cluster;

  expect(compiled.problems).toEqual([]);
  expect(proofsOf(same, same)).toEqual([
    ["httpbin.bar.mesh", []],
    ["v2.httpbin.bar.cluster2", []],
  ]);
  expect(proofsOf(without("VirtualService"), same)).toEqual([
    ["httpbin.bar.mesh", ["name: broken"]],
    ["v2.httpbin.bar.cluster2", ["name: broken"]],
  ]);
  expect(proofsOf(same, replaced(versioned(false)))).toEqual([
    ["httpbin.bar.mesh", []],
    ["v2.httpbin.bar.cluster2", ["service: broken"]],
  ]);
});

const outward = (spec: Record<string, unknown> = {}) =>
  intents([], {
    externalServices: [
      externalService("foo/db", {
        ...{ hosts: ["db.example.com"], ports: [{ number: 5432, protocol: "TCP" }] },
        ...{ resolution: "Static", endpoints: ["203.0.113.7"] },
        consumers: [{ clusters: ["cluster1"], namespaces: ["foo"] }],
        ...spec,
      }),
    ],
  });

const hopsOf = (found: ReturnType<typeof proofs>) =>
  found.map(({ verdict, hops }) => [
    verdict,
    ...hops.map(({ name, cluster = "between", detail }) => `${name} in ${cluster}: ${detail}`),
  ]);

test("a path out of the mesh is proved from its consumer to where the last proxy sends it", () => {
  expect(hopsOf(proofs(outward()))).toEqual([
    [
      "ok",
      "client in cluster1: 1 of 1 workloads in namespace foo have a sidecar",
      expect.stringMatching(/^name in cluster1: db\.example\.com is 240\.\S+: 1 object in place$/),
      "outside in between: 203.0.113.7",
    ],
  ]);
});

test("one that leaves through another cluster is proved through its gateway", () => {
  expect(hopsOf(proofs(outward({ via: "cluster2" })))).toEqual([
    [
      "ok",
      "client in cluster1: 1 of 1 workloads in namespace foo have a sidecar",
      expect.stringMatching(/^name in cluster1: db\.example\.com is 240\.\S+: 2 objects in place$/),
      "trust in between: both trust root aaaaaaaaaaaa",
      "gateway in cluster2: 192.0.2.2:32001; 1 ready",
      "exit in cluster2: 4 objects in place",
      "outside in between: 203.0.113.7",
    ],
  ]);
});

test.each([
  [
    "the consumer's ServiceEntry is missing",
    {},
    { cluster1: without("ServiceEntry") },
    ["name: broken", "outside: unknown"],
  ],
  [
    "an endpoint was changed",
    {},
    { cluster1: edited("ServiceEntry", { endpoints: [{ address: "203.0.113.9" }] }) },
    ["name: broken"],
  ],
  ["the exit's Gateway is missing", { via: "cluster2" }, { cluster2: without("Gateway") }, ["exit: broken"]],
  ["the caller has no sidecar", {}, { cluster1: replaced(pod("foo/sleep", { sidecar: false })) }, ["client: broken"]],
] satisfies [string, Record<string, unknown>, Record<string, Change>, string[]][])(
  "a path out of the mesh is broken where %s",
  (_, spec, changes, hops) => {
    expect(amiss(proofs(outward(spec), changes))).toEqual(hops);
  },
);

const inward = intents([], {
  externalAccesses: [
    externalAccess("bar/httpbin", {
      clusters: ["cluster2"],
      tls: { mode: "Simple", credential: { secret: "httpbin-tls" }, httpsRedirect: true },
    }),
  ],
});

test("a path into the mesh is proved at the gateway, at its server for the host, and at the Service behind it", () => {
  expect(hopsOf(proofs(inward))).toEqual([
    [
      "ok",
      "gateway in cluster2: 192.0.2.2:30443; 1 ready",
      "entrance in cluster2: 2 objects in place; shows Secret httpbin-tls, which is not read",
      "service in cluster2: 1 of 1 workloads are ready",
    ],
    [
      "ok",
      "gateway in cluster2: 192.0.2.2:30080; 1 ready",
      "entrance in cluster2: 2 objects in place; shows Secret httpbin-tls, which is not read",
    ],
  ]);
});

test.each([
  ["its Gateway is missing", without("Gateway"), ["entrance: broken", "entrance: broken"]],
  [
    "its VirtualService leads elsewhere",
    edited("VirtualService", { http: [] }),
    ["entrance: broken", "entrance: broken"],
  ],
  ["no workload is ready", replaced(pod("bar/httpbin", { ready: false })), ["service: broken"]],
  ["the gateway's Service lost the port", replaced(gatewayService({ ports: [{ port: 80 }] })), ["gateway: broken"]],
] satisfies [string, Change, string[]][])("a path into the mesh is broken where %s", (_, change, hops) => {
  expect(amiss(proofs(inward, { cluster2: change }))).toEqual(hops);
});

test("an ingress gateway at no address that is seen is for its clients to find, and one that is missing is broken", () => {
  const hidden = proofs(inward, {
    cluster2: replaced(gatewayService({ type: "ClusterIP", ports: [{ port: 80 }, { port: 443 }] })),
  });
  const missing = proofs(inward, {
    cluster2: (cluster) => ({
      ...cluster,
      objects: cluster.objects.filter(
        ({ kind, metadata }) => kind !== "Service" || metadata.namespace !== "istio-system",
      ),
    }),
  });

  expect(amiss(hidden)).toEqual([]);
  expect(hidden[0]?.hops[0]?.detail).toBe(
    "port 443 of Service istio-ingressgateway, at no address that is seen; 1 ready",
  );
  expect(amiss(missing)).toEqual(["gateway: broken", "gateway: broken"]);
});
