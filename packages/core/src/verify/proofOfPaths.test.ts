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
import { compile } from "../compile/index.ts";
import { type KubeObject, keyOf, refOf } from "../kinds/index.ts";
import type { Intents, Observed, ObservedCluster } from "../model/index.ts";
import { proofOfPaths } from "./proofOfPaths.ts";

type Change = (cluster: ObservedCluster) => ObservedCluster;

const perCluster = intents([sharedService("bar/httpbin")]);
const sameName = intents([sharedService("bar/httpbin", { as: ["SameName"] })]);

const client = observedCluster("cluster1", "192.0.2.1", [namespace("foo"), namespace("bar"), pod("foo/sleep")]);
/** Nothing but a proxy runs in it. */
function gateway(ready = true): KubeObject {
  const { spec, ...made } = pod("istio-system/gateway", { ready });
  const metadata = { name: "gateway", namespace: "istio-system", labels: { istio: "ingressgateway" } };
  return { ...made, metadata, spec: { ...spec, containers: [{ name: "istio-proxy" }] } } as KubeObject;
}

const server = observedCluster("cluster2", "192.0.2.2", [
  namespace("bar"),
  service("bar/httpbin"),
  pod("bar/httpbin"),
  gateway(),
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

test("a path with everything in place is ok, and each station says what was found", () => {
  const [proof, ...others] = proofs(perCluster);

  expect(others).toEqual([]);
  expect(proof?.verdict).toBe("ok");
  expect(proof?.hops.map(({ name, cluster, status }) => `${name} ${cluster} ${status}`)).toEqual([
    "objects cluster1 ok",
    "objects cluster2 ok",
    "client cluster1 ok",
    "name cluster1 ok",
    "listener cluster1 ok",
    "route cluster1 ok",
    "policy cluster1 ok",
    "endpoints cluster1 ok",
    "connection cluster2 ok",
    "gateway cluster2 ok",
    "passthrough cluster2 ok",
    "destination cluster2 ok",
    "mutual TLS cluster2 ok",
    "identity cluster2 ok",
    "authorization cluster2 ok",
    "application cluster2 ok",
  ]);
  expect(proof?.hops[0]?.detail).toBe("2, as planned");
});

test("an imported service under its own name is ok as well", () => {
  expect(amiss(proofs(sameName))).toEqual([]);
  expect(proofs(sameName)).toHaveLength(1);
});

test.each([
  ["the ServiceEntry is missing", { cluster1: without("ServiceEntry") }, ["objects: broken", "name: broken"]],
  ["the DestinationRule is missing", { cluster1: without("DestinationRule") }, ["objects: broken", "gateway: broken"]],
  [
    "the name leads elsewhere",
    { cluster1: edited("ServiceEntry", { endpoints: [] }) },
    ["objects: broken", "endpoints: broken"],
  ],
  [
    "another identity is accepted too",
    {
      cluster1: edited("DestinationRule", {
        trafficPolicy: {
          tls: {
            mode: "ISTIO_MUTUAL",
            sni: "outbound_.8000_._.httpbin.bar.svc.cluster.local",
            subjectAltNames: ["spiffe://cluster.local/ns/bar/sa/httpbin", "spiffe://x"],
          },
        },
      }),
    },
    ["objects: broken"],
  ],
  ["the Gateway is missing", { cluster2: without("Gateway") }, ["objects: broken", "gateway: broken"]],
  ["the workload is not ready", { cluster2: replaced(pod("bar/httpbin", { ready: false })) }, ["passthrough: broken"]],
  [
    "the workload has no sidecar",
    { cluster2: replaced(pod("bar/httpbin", { sidecar: false })) },
    ["passthrough: broken"],
  ],
  [
    "the Service lost the port",
    { cluster2: replaced(service("bar/httpbin", [{ name: "x", port: 1 }])) },
    ["gateway: broken"],
  ],
  [
    "the gateway has no node port",
    { cluster2: replaced(gatewayService({ ports: [{ port: 15443 }] })) },
    ["connection: broken"],
  ],
  [
    "the gateway is not ready",
    {
      cluster2: replaced(gateway(false)),
    },
    ["connection: broken"],
  ],
  ["the caller has no sidecar", { cluster1: replaced(pod("foo/sleep", { sidecar: false })) }, ["name: broken"]],
  [
    "the roots differ",
    { cluster1: (cluster) => ({ ...cluster, trustRoots: [{ fingerprint: "bb", subject: "", notAfter: "" }] }) },
    ["identity: broken"],
  ],
] satisfies [string, Record<string, Change>, string[]][])("a path is not ok where %s", (_, changes, hops) => {
  const found = proofs(perCluster, changes);

  expect(amiss(found)).toEqual(hops);
  expect(found.map(({ verdict }) => verdict)).toEqual(["broken"]);
});

test("a root that is not known is what the proof rests on", () => {
  const [proof] = proofs(perCluster, { cluster1: (cluster) => ({ ...cluster, trustRoots: [] }) });

  expect(proof?.verdict).toBe("ok");
  expect(proof?.trace.assumes).toContainEqual({
    about: "credential",
    detail: "the workloads of cluster1 and of cluster2 trust a common root certificate",
  });
});

test("what a call meets and what differs from the plan are told apart", () => {
  const label: Change = (cluster) => ({
    ...cluster,
    objects: cluster.objects.map((object) =>
      object.kind === "DestinationRule" ? { ...object, spec: { ...(object.spec as object), exportTo: ["*"] } } : object,
    ),
  });

  const [proof] = proofs(perCluster, { cluster1: label });

  expect(proof).toMatchObject({ verdict: "broken", trace: { verdict: "reaches" } });
  expect(amiss(proof === undefined ? [] : [proof])).toEqual(["objects: broken"]);
});

test("under its own name a path breaks with its Service or its endpoints", () => {
  expect(amiss(proofs(sameName, { cluster1: without("Service") }))).toEqual(["objects: broken", "name: broken"]);
  expect(amiss(proofs(sameName, { cluster1: without("WorkloadEntry") }))).toEqual([
    "objects: broken",
    "endpoints: broken",
  ]);
});

test("what the fault is is told with the object and the field", () => {
  const [proof] = proofs(perCluster, { cluster1: edited("ServiceEntry", { resolution: "DNS" }) });

  expect(proof?.hops[0]?.detail).toMatch(
    /^ServiceEntry foo\/httpbin-\S+ differs in spec\.resolution; see isthmus plan$/,
  );
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
  expect(proof?.hops.filter(({ cluster }) => cluster === "cluster2")).toEqual([
    { name: "objects", cluster: "cluster2", status: "unknown", detail: "cluster2 cannot be read" },
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
    return found.map((proof) => [proof.path.host, amiss([proof])]);
  };
  const same: Change = (cluster) => cluster;

  expect(compiled.problems).toEqual([]);
  expect(proofsOf(same, same)).toEqual([
    ["httpbin.bar.mesh", []],
    ["v2.httpbin.bar.cluster2", []],
  ]);
  expect(proofsOf(without("VirtualService"), same)).toEqual([
    ["httpbin.bar.mesh", ["objects: broken"]],
    ["v2.httpbin.bar.cluster2", ["objects: broken"]],
  ]);
  expect(proofsOf(same, replaced(versioned(false)))).toEqual([
    ["httpbin.bar.mesh", ["passthrough: broken"]],
    ["v2.httpbin.bar.cluster2", ["passthrough: broken"]],
  ]);
});

const letOut = (spec: Record<string, unknown> = {}) =>
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

const stationsOf = (found: ReturnType<typeof proofs>) =>
  found.map(({ verdict, hops }) => [verdict, ...hops.map(({ name, cluster = "outside" }) => `${name} ${cluster}`)]);

test("a path out of the mesh is proved from its consumer to where the last proxy sends it", () => {
  const [proof] = proofs(letOut());

  expect(stationsOf(proof === undefined ? [] : [proof])).toEqual([
    [
      "ok",
      ...["objects cluster1", "client cluster1", "name cluster1", "listener cluster1", "policy cluster1"],
      ...["endpoints cluster1", "connection cluster1"],
    ],
  ]);
  expect(proof?.hops.at(-1)?.detail).toMatch(/^203\.0\.113\.7:5432 /);
});

test("one that leaves through another cluster is proved through its gateway", () => {
  const [stations = []] = stationsOf(proofs(letOut({ via: "cluster2" })));

  expect(stations.slice(0, 3)).toEqual(["ok", "objects cluster1", "objects cluster2"]);
  expect(stations).toEqual(expect.arrayContaining(["gateway cluster2", "identity cluster2", "endpoints cluster2"]));
});

test.each([
  [
    "the consumer's ServiceEntry is missing",
    {},
    { cluster1: without("ServiceEntry") },
    ["objects: broken", "connection: broken"],
  ],
  [
    "an endpoint was changed",
    {},
    { cluster1: edited("ServiceEntry", { endpoints: [{ address: "203.0.113.9" }] }) },
    ["objects: broken"],
  ],
  [
    "the Gateway of spec.via is missing",
    { via: "cluster2" },
    { cluster2: without("Gateway") },
    ["objects: broken", "gateway: broken"],
  ],
  [
    "the caller has no sidecar",
    {},
    { cluster1: replaced(pod("foo/sleep", { sidecar: false })) },
    ["connection: broken"],
  ],
] satisfies [string, Record<string, unknown>, Record<string, Change>, string[]][])(
  "a path out of the mesh is broken where %s",
  (_, spec, changes, hops) => {
    expect(amiss(proofs(letOut(spec), changes))).toEqual(hops);
  },
);

const letIn = intents([], {
  externalAccesses: [
    externalAccess("bar/httpbin", {
      clusters: ["cluster2"],
      tls: { mode: "Simple", credential: { secret: "httpbin-tls" }, httpsRedirect: true },
    }),
  ],
});

test("a path into the mesh is proved at the gateway, at its server for the host, and at the Service behind it", () => {
  const [secure = [], plain = []] = stationsOf(proofs(letIn));

  expect(secure.slice(0, 5)).toEqual([
    "ok",
    "objects cluster2",
    "client outside",
    "name cluster2",
    "connection cluster2",
  ]);
  expect(secure).toEqual(expect.arrayContaining(["gateway route cluster2", "application cluster2"]));
  expect(plain).toEqual([
    "ok",
    ...["objects cluster2", "client outside", "name cluster2", "connection cluster2", "gateway cluster2"],
    "gateway route cluster2",
  ]);
});

test.each([
  ["its Gateway is missing", without("Gateway"), ["objects: broken", "gateway: broken"]],
  [
    "its VirtualService leads elsewhere",
    edited("VirtualService", { http: [] }),
    ["objects: broken", "gateway route: broken"],
  ],
  ["no workload is ready", replaced(pod("bar/httpbin", { ready: false })), ["endpoints: broken"]],
  ["the gateway's Service lost the port", replaced(gatewayService({ ports: [{ port: 80 }] })), ["name: broken"]],
] satisfies [string, Change, string[]][])("a path into the mesh is broken where %s", (_, change, hops) => {
  const [secure] = proofs(letIn, { cluster2: change });

  expect(amiss(secure === undefined ? [] : [secure])).toEqual(hops);
});

test("whether an ingress gateway at no address that is seen can be called cannot be told; one that is missing is broken", () => {
  const hidden = proofs(letIn, {
    cluster2: replaced(gatewayService({ type: "ClusterIP", ports: [{ port: 80 }, { port: 443 }] })),
  });
  const missing = proofs(letIn, {
    cluster2: (cluster) => ({
      ...cluster,
      objects: cluster.objects.filter(
        ({ kind, metadata }) => kind !== "Service" || metadata.namespace !== "istio-system",
      ),
    }),
  });

  expect(amiss(hidden)).toEqual(["name: unknown", "name: unknown"]);
  expect(amiss(missing)).toEqual(["name: broken", "name: broken"]);
});
