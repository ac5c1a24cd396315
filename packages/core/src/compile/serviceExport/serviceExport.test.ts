import { intents, mesh, meshCluster, namespace, observedCluster, pod, service, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { say } from "../../findings/index.ts";
import { type KubeObject, refOf, type ServicePort, showRef } from "../../kinds/index.ts";
import type { Intents, Observed, ObservedCluster } from "../../model/index.ts";
import { makeProblem } from "../../problem.ts";
import { compile } from "../compile.ts";

const asked = (spec: Record<string, unknown> = {}, rest: Partial<Intents> = {}): Intents =>
  intents([], { mesh: mesh({ mcs: spec }), ...rest });

function serviceExport(where: string, creationTimestamp?: string, spec?: Record<string, unknown>): KubeObject {
  const [namespace = "", name = ""] = where.split("/");
  return {
    apiVersion: "multicluster.x-k8s.io/v1alpha1",
    kind: "ServiceExport",
    metadata: { name, namespace, ...(creationTimestamp === undefined ? {} : { creationTimestamp }) },
    ...(spec === undefined ? {} : { spec }),
  };
}

const port = (number: number, name = "http"): ServicePort => ({ name, port: number, protocol: "TCP" });

/** Two clusters with namespace bar; what is exported is exported by the one that has it. */
function observed(first: readonly KubeObject[], second: readonly KubeObject[], rest: Partial<ObservedCluster> = {}) {
  const clusters = new Map([
    ["cluster1", observedCluster("cluster1", "192.0.2.1", [namespace("bar"), ...first], rest)],
    ["cluster2", observedCluster("cluster2", "192.0.2.2", [namespace("bar"), ...second])],
  ]);
  return { clusters, unreachable: new Map() } satisfies Observed;
}

const httpbin = (ports?: readonly ServicePort[]) => [service("bar/httpbin", ports), pod("bar/httpbin")];

const made = (compiled: ReturnType<typeof compile>, cluster: string) =>
  (compiled.desired.get(cluster) ?? []).map((object) => `${showRef(refOf(object)).replace(/-[a-z0-9]{10}$/, "")}`);

const faults = ({ problems }: ReturnType<typeof compile>) => problems.map(({ code, at }) => `${code} ${at}`);

test("exports are not looked at where the Mesh does not ask for them", () => {
  const compiled = compile(intents([]), observed([], [...httpbin(), serviceExport("bar/httpbin")]));

  expect([...compiled.desired.values()].flat()).toEqual([]);
  expect(compiled.problems).toEqual([]);
});

test("an exported Service gets its name under clusterset.local in every cluster that has its namespace", () => {
  const compiled = compile(asked(), observed([], [...httpbin(), serviceExport("bar/httpbin")]));

  expect(made(compiled, "cluster1")).toEqual([
    "ServiceImport bar/httpbin",
    "DestinationRule istio-system/httpbin-bar-clusterset",
    "ServiceEntry istio-system/httpbin-bar-clusterset",
  ]);
  expect(made(compiled, "cluster2")).toEqual([
    "ServiceImport bar/httpbin",
    "DestinationRule istio-system/httpbin-bar-clusterset",
    "Gateway istio-system/bar-httpbin",
    "ServiceEntry istio-system/httpbin-bar-clusterset",
  ]);
  const [imported, rule, entry] = compiled.desired.get("cluster1") ?? [];
  expect(rule?.spec).toEqual({
    host: "httpbin.bar.svc.clusterset.local",
    exportTo: ["*"],
    trafficPolicy: {
      tls: {
        mode: "ISTIO_MUTUAL",
        sni: "outbound_.8000_._.httpbin.bar.svc.cluster.local",
        subjectAltNames: ["spiffe://cluster.local/ns/bar/sa/httpbin"],
      },
    },
  });
  const vip = (entry?.spec as { addresses: string[] } | undefined)?.addresses[0];
  expect(entry?.spec).toMatchObject({ endpoints: [{ address: "192.0.2.2", ports: { http: 32001 } }] });
  expect(imported).toEqual({
    apiVersion: "multicluster.x-k8s.io/v1alpha1",
    kind: "ServiceImport",
    metadata: {
      name: "httpbin",
      namespace: "bar",
      labels: {
        "app.kubernetes.io/managed-by": "isthmus",
        "isthmus.io/owner": "ServiceExport.bar.httpbin",
        "isthmus.io/side": "consumer",
      },
    },
    spec: { type: "ClusterSetIP", ips: [vip], ports: [{ name: "http", port: 8000, protocol: "TCP" }] },
  });
  expect(compiled.paths).toMatchObject([
    { host: "httpbin.bar.svc.clusterset.local", consumer: { cluster: "cluster1", namespace: "*" } },
    { host: "httpbin.bar.svc.clusterset.local", consumer: { cluster: "cluster2", namespace: "*" } },
  ]);
  expect(compiled.problems).toEqual([]);
});

test("a cluster without the namespace cannot import it, which is not a mistake", () => {
  const clusters = observed([], [...httpbin(), serviceExport("bar/httpbin")]).clusters;
  clusters.set("cluster1", observedCluster("cluster1", "192.0.2.1"));

  const compiled = compile(asked(), { clusters, unreachable: new Map() });

  expect(made(compiled, "cluster1")).toEqual([]);
  expect(compiled.problems).toEqual([]);
});

test("where only some namespaces are asked for, exports of others do not count", () => {
  const compiled = compile(asked({ namespaces: ["shop"] }), observed([], [...httpbin(), serviceExport("bar/httpbin")]));

  expect([...compiled.desired.values()].flat()).toEqual([]);
});

test("a cluster without the kind ServiceImport gets the name without it", () => {
  const unread = new Map([["multicluster.x-k8s.io/ServiceImport", "not served" as const]]);

  const compiled = compile(asked(), observed([], [...httpbin(), serviceExport("bar/httpbin")], { unread }));

  expect(made(compiled, "cluster1")).toEqual([
    "DestinationRule istio-system/httpbin-bar-clusterset",
    "ServiceEntry istio-system/httpbin-bar-clusterset",
  ]);
});

test("the union of the ports is imported, each from the clusters that have it", () => {
  const compiled = compile(
    asked(),
    observed(
      [...httpbin([port(80), port(90, "http-more")]), serviceExport("bar/httpbin", "2026-01-01T00:00:00Z")],
      [...httpbin([port(80, "http-web")]), serviceExport("bar/httpbin", "2026-01-02T00:00:00Z")],
    ),
  );

  const entries = (compiled.desired.get("cluster2") ?? []).filter(({ kind }) => kind === "ServiceEntry");
  expect(entries.map(({ spec }) => spec).sort()).toMatchObject([
    { ports: [{ number: 80, name: "http" }], endpoints: [{ address: "192.0.2.1" }, { address: "192.0.2.2" }] },
    { ports: [{ number: 90, name: "http-more" }], endpoints: [{ address: "192.0.2.1" }] },
  ]);
  expect(new Set(entries.map(({ spec }) => (spec as { addresses: string[] }).addresses[0])).size).toBe(1);
  expect(compiled.problems).toEqual([]);
});

test("of conflicting ports that of the older export counts, whatever the clusters are called", () => {
  const compiled = compile(
    asked(),
    observed(
      [...httpbin([port(81)]), serviceExport("bar/httpbin", "2026-01-02T00:00:00Z")],
      [...httpbin([port(80)]), serviceExport("bar/httpbin", "2026-01-01T00:00:00Z")],
    ),
  );

  const imported = compiled.desired.get("cluster1")?.find(({ kind }) => kind === "ServiceImport");
  expect(imported?.spec).toMatchObject({ ports: [{ name: "http", port: 80 }] });
  expect(faults(compiled)).toEqual(["EXPORT_CONFLICT cluster1: ServiceExport bar/httpbin"]);
  expect(compiled.held).toEqual(new Map());
});

test.each([
  ["without a Service", []],
  ["of an ExternalName", [service("bar/httpbin", [], { type: "ExternalName", externalName: "example.com" })]],
  ["of a headless Service", [service("bar/httpbin", [port(80)], { clusterIP: "None" })]],
  ["of a Service without a selector", [service("bar/httpbin", [port(80)], { selector: {} })]],
])("an export %s is not a server, and others of the same name go on", (_, objects) => {
  const compiled = compile(
    asked(),
    observed([...objects, serviceExport("bar/httpbin")], [...httpbin(), serviceExport("bar/httpbin")]),
  );

  const entry = compiled.desired.get("cluster1")?.find(({ kind }) => kind === "ServiceEntry");
  expect(entry?.spec).toMatchObject({ endpoints: [{ address: "192.0.2.2" }] });
  expect(faults(compiled)).toEqual(["EXPORT_INVALID cluster1: ServiceExport bar/httpbin"]);
});

test("an export that cannot be served now holds only what it made, and is not an error", () => {
  const compiled = compile(
    asked(),
    observed([], [service("bar/httpbin"), pod("bar/httpbin", { sidecar: false }), serviceExport("bar/httpbin")]),
  );

  expect(faults(compiled)).toEqual(["EXPORT_UNUSABLE cluster2: ServiceExport bar/httpbin"]);
  expect([...compiled.held.keys()]).toEqual(["ServiceExport.bar.httpbin"]);
});

test("a SharedService of the same Service goes first", () => {
  const compiled = compile(
    asked({}, { sharedServices: [sharedService("bar/httpbin", { consumers: [{ clusters: ["cluster1"] }] })] }),
    observed([], [...httpbin(), serviceExport("bar/httpbin")]),
  );

  expect(faults(compiled)).toEqual(["EXPORT_IGNORED cluster2: ServiceExport bar/httpbin"]);
  expect(made(compiled, "cluster1")).toEqual([
    "DestinationRule istio-system/httpbin-bar-cluster2",
    "ServiceEntry istio-system/httpbin-bar-cluster2",
  ]);
});

test("while a cluster cannot be read, what exports have made stays as it is", () => {
  const before = compile(asked(), observed([], [...httpbin(), serviceExport("bar/httpbin")]));
  const live = before.desired.get("cluster1") ?? [];
  const { clusters } = observed(live, []);
  clusters.delete("cluster2");
  const down = makeProblem({
    code: "CLUSTER_UNREACHABLE",
    at: { cluster: "cluster2" },
    message: say`cluster2 is down`,
    hint: "",
  });

  const compiled = compile(asked(), { clusters, unreachable: new Map([["cluster2", down]]) });

  expect(compiled.held).toEqual(new Map([["ServiceExport.bar.httpbin", "cluster2 is down"]]));
});

test("exports that we may not list are told, and hold what others made", () => {
  const unread = new Map([["multicluster.x-k8s.io/ServiceExport", "forbidden" as const]]);

  const compiled = compile(asked(), observed([], [...httpbin(), serviceExport("bar/httpbin")], { unread }));

  expect(faults(compiled)).toEqual(["CLUSTER_FORBIDDEN cluster1"]);
  expect(compiled.held).toEqual(new Map([["ServiceExport.bar.httpbin", "the exports of cluster1 cannot be read"]]));
});

test("exported labels and annotations of the oldest export are those of the import, and never hide whose it is", () => {
  const spec = {
    exportedLabels: { team: "bin", "app.kubernetes.io/managed-by": "somebody" },
    exportedAnnotations: { note: "shared" },
  };

  const compiled = compile(asked(), observed([], [...httpbin(), serviceExport("bar/httpbin", undefined, spec)]));

  const imported = compiled.desired.get("cluster1")?.find(({ kind }) => kind === "ServiceImport");
  expect(imported?.metadata.labels).toMatchObject({ team: "bin", "app.kubernetes.io/managed-by": "isthmus" });
  expect(imported?.metadata.annotations).toEqual({ note: "shared" });
});

test("a host that the user's own ServiceEntry has is left alone, and stops nobody else", () => {
  const own: KubeObject = {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "own", namespace: "bar" },
    spec: { hosts: ["httpbin.bar.svc.clusterset.local"], ports: [] },
  };

  const compiled = compile(asked(), observed([own], [...httpbin(), serviceExport("bar/httpbin")]));

  expect(faults(compiled)).toEqual(["EXPORT_UNUSABLE cluster2: ServiceExport bar/httpbin"]);
  expect(made(compiled, "cluster1")).toEqual([]);
});

test("the order of clusters and objects does not show", () => {
  const first = [...httpbin([port(80)]), serviceExport("bar/httpbin", "2026-01-01T00:00:00Z")];
  const second = [...httpbin([port(81)]), serviceExport("bar/httpbin", "2026-01-01T00:00:00Z")];
  const forward = observed(first, second);
  const backward: Observed = {
    clusters: new Map(
      [...forward.clusters]
        .reverse()
        .map(([name, cluster]) => [name, { ...cluster, objects: [...cluster.objects].reverse() }]),
    ),
    unreachable: new Map(),
  };

  const compiled = compile(asked(), forward);

  expect(compile(asked({}, { clusters: [meshCluster("cluster2"), meshCluster("cluster1")] }), backward)).toEqual(
    compiled,
  );
  expect(faults(compiled)).toEqual(["EXPORT_CONFLICT cluster2: ServiceExport bar/httpbin"]);
});
