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
import { type KubeObject, ownershipLabels, type ServiceEntry } from "../../kinds/index.ts";
import { hasErrors } from "../../problem.ts";
import { compile } from "../compile.ts";

const owner = "SharedService.bar.httpbin";
const spaces = ["foo", "other", "zzz"].map((name) => namespace(name));

function run(more: readonly KubeObject[], { consumer = {}, addressPool = "240.0.0.0/16", objects = spaces } = {}) {
  const share = sharedService("bar/httpbin", {
    consumers: [{ clusters: ["cluster1"], namespaces: ["foo"], ...consumer }],
  });
  const server = observedCluster("cluster2", "192.0.2.2", [
    namespace("bar"),
    service("bar/httpbin"),
    pod("bar/httpbin"),
  ]);
  const client = observedCluster("cluster1", "192.0.2.1", [...objects, pod("foo/sleep"), ...more]);
  return compile(intents([share], { mesh: mesh({ addressPool }) }), {
    clusters: new Map([client, server].map((cluster) => [cluster.name, cluster])),
    unreachable: new Map(),
  });
}

function entries(compiled: ReturnType<typeof compile>): readonly ServiceEntry[] {
  const objects = compiled.desired.get("cluster1") ?? [];
  return objects.filter((object): object is ServiceEntry => object.kind === "ServiceEntry");
}

function vipsOf(compiled: ReturnType<typeof compile>): readonly string[] {
  return entries(compiled).flatMap(({ spec }) => spec.addresses ?? []);
}

const [ours] = entries(run([]));
if (ours === undefined) throw new Error("nothing is compiled");

/** Our ServiceEntry, as somebody may have written it. */
function entry(metadata: Partial<KubeObject["metadata"]>, address: string): ServiceEntry {
  return {
    ...(ours as ServiceEntry),
    metadata: { ...ours?.metadata, name: "x", ...metadata },
    spec: { ...(ours as ServiceEntry).spec, addresses: [address] },
  };
}
const named = { name: ours.metadata.name };
const [first = ""] = vipsOf(run([]));

test("a host keeps the address that our ServiceEntry gives it", () => {
  expect(vipsOf(run([entry(named, "240.0.7.7")]))).toEqual(["240.0.7.7"]);
});

test.each([
  ["is elsewhere, by a name of its own", { name: "aaa", namespace: "zzz" }, "240.0.7.8"],
  [
    "has no more than our label and name",
    { ...named, namespace: "zzz", labels: { "app.kubernetes.io/managed-by": "isthmus" } },
    "240.0.7.8",
  ],
  ["is where ours is, with an address outside the pool", named, "10.96.0.10"],
  [
    "is by our name elsewhere, and was written by others",
    { ...named, namespace: "zzz", managedFields: [{ manager: "kubectl" }] },
    "240.0.7.8",
  ],
])(
  "a ServiceEntry with our label that %s does not choose the address, before the first apply",
  (_, metadata, address) => {
    expect(vipsOf(run([entry(metadata, address)]))).toEqual([first]);
  },
);

test("a host keeps its address where somebody took the label of its owner away", () => {
  const labels = { "app.kubernetes.io/managed-by": "isthmus" };
  const compiled = run([entry({ ...named, labels }, "240.0.7.7")]);

  expect(vipsOf(compiled)).toEqual(["240.0.7.7"]);
  expect(compiled.problems).toEqual([]);
});

test("nor does one that is by our name elsewhere move an address, whatever comes first", () => {
  const real = entry(named, "240.0.7.7");
  const planted = entry({ ...named, namespace: "aaa" }, "240.0.7.8");
  const stolen = { ...entry({ name: "x-0123456789", namespace: "aaa" }, "240.0.7.7") };
  const thief = { ...stolen, spec: { ...stolen.spec, hosts: ["a.evil.example"] } };

  for (const objects of [
    [real, planted, thief],
    [thief, planted, real],
  ]) {
    const compiled = run(objects, { objects: [...spaces, namespace("aaa")] });

    expect(vipsOf(compiled)).toEqual(["240.0.7.7"]);
    expect(hasErrors(compiled.problems)).toBe(false);
  }
});

test("a host keeps its address when its callers move to other namespaces, or become all", () => {
  const before = entry(named, "240.0.7.7");

  expect(vipsOf(run([before], { consumer: { namespaces: ["other"] } }))).toEqual(["240.0.7.7"]);
  expect(vipsOf(run([before], { consumer: { namespaces: ["foo", "other"] } }))).toEqual(["240.0.7.7", "240.0.7.7"]);
  const everywhere = sharedService("bar/httpbin", { consumers: [{ clusters: ["cluster1"] }] });
  const { clusters } = everywhereObserved(before);
  expect(vipsOf(compile(intents([everywhere]), { clusters, unreachable: new Map() }))).toEqual(["240.0.7.7"]);
});

function everywhereObserved(...more: readonly KubeObject[]) {
  const server = observedCluster("cluster2", "192.0.2.2", [
    namespace("bar"),
    service("bar/httpbin"),
    pod("bar/httpbin"),
  ]);
  const client = observedCluster("cluster1", "192.0.2.1", [...spaces, pod("foo/sleep"), ...more]);
  return { clusters: new Map([client, server].map((cluster) => [cluster.name, cluster])) };
}

test("a host of an ExternalService keeps the address of its own ServiceEntry, and not that of another's copy", () => {
  const declared = externalService("foo/db", { hosts: ["db.example.com"], ports: [{ number: 5432, protocol: "TCP" }] });
  const compiled = (more: readonly KubeObject[]) =>
    compile(intents([], { externalServices: [declared] }), {
      ...everywhereObserved(...more),
      unreachable: new Map(),
    });
  const [written] = entries(compiled([]));
  if (written === undefined) throw new Error("nothing is compiled");
  const at = (address: string, metadata = {}) => ({
    ...written,
    metadata: { ...written.metadata, ...metadata },
    spec: { ...written.spec, addresses: [address] },
  });

  expect(vipsOf(compiled([at("240.0.7.7")]))).toEqual(["240.0.7.7"]);
  expect(vipsOf(compiled([at("240.0.7.7", { name: "db-copy", namespace: "zzz" })]))).toEqual(vipsOf(compiled([])));
});

test.each([
  ["second clusterIP", service("zzz/other", undefined, { clusterIP: "10.96.0.1", clusterIPs: ["10.96.0.1", first] })],
  ["external IP", service("zzz/other", undefined, { externalIPs: [first] })],
  ["load balancer's address", { ...service("zzz/other"), status: { loadBalancer: { ingress: [{ ip: first }] } } }],
])("a new host gets no address that is a Service's %s", (_, other) => {
  const [vip] = vipsOf(run([other]));

  expect(vip).toMatch(/^240\.0\./);
  expect(vip).not.toBe(first);
});

test("a new host keeps clear of the range and the allocated address of somebody's ServiceEntry while there is another", () => {
  const theirs = (addresses: readonly string[], status?: unknown): KubeObject => ({
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "theirs", namespace: "zzz" },
    spec: { hosts: ["a.example"], addresses, exportTo: ["."] },
    status,
  });

  expect(vipsOf(run([theirs([`${first}/32`])]))).not.toEqual([first]);
  expect(vipsOf(run([theirs([], { addresses: [{ value: first }] })]))).not.toEqual([first]);
  expect(vipsOf(run([theirs(["240.0.0.0/17"])]))[0]).toMatch(/^240\.0\.(12[89]|1[3-9]\d|2\d\d)\./);
  expect(vipsOf(run([theirs(["240.0.128.0/17"])]))[0]).toMatch(/^240\.0\.(\d|\d\d|1[01]\d|12[0-7])\./);
  expect(vipsOf(run([theirs(["0.0.0.0/0"])]))).toEqual([first]);
});

test("what carries our label and is nobody's is told and left alone", () => {
  const compiled = run([
    entry({ name: "aaa", namespace: "zzz", labels: { "app.kubernetes.io/managed-by": "isthmus" } }, "10.96.0.10"),
    entry({ name: "old-0123456789", namespace: "zzz", labels: ownershipLabels(owner, "consumer") }, "240.0.7.8"),
  ]);

  expect(compiled.unproven).toEqual(new Map([["cluster1", new Set(["networking.istio.io/ServiceEntry/zzz/aaa"])]]));
  expect(compiled.problems.map(({ code, at }) => [code, at])).toEqual([
    ["OWNERSHIP_UNPROVEN", "cluster1: ServiceEntry zzz/aaa"],
  ]);
});
