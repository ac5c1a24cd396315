import { intents, meshCluster, namespace, observedCluster, pod, service, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { compile } from "../compile/index.ts";
import type { KubeObject } from "../kinds/index.ts";
import type { Observed, ObservedCluster } from "../model/index.ts";
import { tracePaths } from "./tracePaths.ts";

type Change = (objects: readonly KubeObject[]) => readonly KubeObject[];

const gateway = (): KubeObject => {
  const made = pod("istio-system/gateway", { app: "gateway" });
  const { spec, metadata } = made;
  return {
    ...made,
    metadata: { ...metadata, labels: { istio: "ingressgateway" } },
    spec: { ...spec, containers: [{ name: "istio-proxy" }] },
  } as KubeObject;
};

const serving = (name: string, address: string) =>
  observedCluster(name, address, [namespace("bar"), service("bar/httpbin"), pod("bar/httpbin"), gateway()]);

const client = observedCluster("c1", "192.0.2.1", [namespace("foo"), namespace("bar"), pod("foo/sleep")]);

/** Paths of httpbin's names after an apply, each cluster changed since: `host server: verdict share code`. */
function paths(
  { spec = {} }: { spec?: Record<string, unknown> },
  changes: Readonly<Record<string, Change>> = {},
): readonly string[] {
  const declared = intents(
    [
      sharedService("bar/httpbin", {
        servedBy: ["c2", "c3"],
        consumers: [{ clusters: ["c1"], namespaces: ["foo"] }],
        as: ["Mesh"],
        ...spec,
      }),
    ],
    { clusters: ["c1", "c2", "c3"].map((name) => meshCluster(name)) },
  );
  const before = [client, serving("c2", "192.0.2.2"), serving("c3", "192.0.2.3")];
  const compiled = compile(declared, observedOf(before));
  expect(compiled.problems).toEqual([]);
  const after = before.map((cluster) => {
    const objects = [...cluster.objects, ...(compiled.desired.get(cluster.name) ?? [])];
    return { ...cluster, objects: changes[cluster.name]?.(objects) ?? objects };
  });
  return tracePaths({ intents: declared, paths: compiled.paths, observed: observedOf(after) }).map(
    ({ path, trace, share }) => {
      const server = path.direction === "out" ? "" : path.server.cluster;
      const blamed = trace.blamed === undefined ? "" : ` ${trace.blamed.code} in ${trace.blamed.cluster}`;
      return `${path.host} ${server}: ${trace.verdict} ${Math.round(share * 100)} %${blamed}`;
    },
  );
}

function observedOf(clusters: readonly ObservedCluster[]): Observed {
  return { clusters: new Map(clusters.map((each) => [each.name, each])), unreachable: new Map() };
}

const unready: Change = (objects) =>
  objects.map((object) =>
    object.metadata.name === "httpbin" && object.kind === "Pod" ? pod("bar/httpbin", { ready: false }) : object,
  );

const edited =
  (kind: string, change: (spec: Record<string, unknown>) => Record<string, unknown>): Change =>
  (objects) =>
    objects.map((object) =>
      object.kind === kind && object.metadata.labels?.["app.kubernetes.io/managed-by"] === "isthmus"
        ? { ...object, spec: change(object.spec as Record<string, unknown>) }
        : object,
    );

test("a name that two clusters serve has a path to each, with its share of the calls", () => {
  expect(paths({})).toEqual(["httpbin.bar.mesh c2: reaches 50 %", "httpbin.bar.mesh c3: reaches 50 %"]);
});

test("a server that fails breaks its own path alone, though its callers are tried again elsewhere", () => {
  expect(paths({}, { c3: unready })).toEqual([
    "httpbin.bar.mesh c2: reaches 50 %",
    "httpbin.bar.mesh c3: broken 50 % TRACE_GATEWAY_ENDPOINTS in c3",
  ]);
});

test("a cluster that gets calls only when nearer ones fail is proved by the way that they would take then", () => {
  const spec = { traffic: { locality: { clusters: ["c2", "c3"] } } };

  expect(paths({ spec })).toEqual(["httpbin.bar.mesh c2: reaches 100 %", "httpbin.bar.mesh c3: reaches 0 %"]);
  expect(paths({ spec }, { c3: unready })).toEqual([
    "httpbin.bar.mesh c2: reaches 100 %",
    "httpbin.bar.mesh c3: broken 0 % TRACE_GATEWAY_ENDPOINTS in c3",
  ]);
});

test("an address that nobody has breaks the path whose server is not called, and no other", () => {
  const lost = edited("ServiceEntry", (spec) => ({
    ...spec,
    endpoints: (spec.endpoints as { address: string }[]).map((each) =>
      each.address === "192.0.2.3" ? { ...each, address: "192.0.2.99" } : each,
    ),
  }));

  expect(paths({}, { c1: lost })).toEqual([
    "httpbin.bar.mesh c2: reaches 50 %",
    "httpbin.bar.mesh c3: broken 0 % TRACE_ADDRESS_UNKNOWN in c1",
  ]);
});

test("what keeps all calls of the name from leaving breaks each of its paths", () => {
  const changes = { c1: (objects: readonly KubeObject[]) => objects.filter(({ kind }) => kind !== "ServiceEntry") };

  expect(paths({}, changes)).toEqual([
    "httpbin.bar.mesh c2: broken 0 % TRACE_HOST_UNKNOWN in c1",
    "httpbin.bar.mesh c3: broken 0 % TRACE_HOST_UNKNOWN in c1",
  ]);
});

test("a server that nothing leads to any more is not proved by the one that answers in its place", () => {
  const only = edited("ServiceEntry", (spec) => ({
    ...spec,
    endpoints: (spec.endpoints as { address: string }[]).filter(({ address }) => address !== "192.0.2.3"),
  }));

  expect(paths({}, { c1: only })).toEqual([
    "httpbin.bar.mesh c2: reaches 100 %",
    "httpbin.bar.mesh c3: broken 0 % TRACE_ELSEWHERE in c2",
  ]);
});

test("an answer from outside of the mesh, or of pods of another service, is not the server's", () => {
  const plain = edited("DestinationRule", () => ({
    host: "httpbin.bar.c2",
    trafficPolicy: { tls: { mode: "DISABLE" } },
  }));
  const outside = edited("ServiceEntry", (spec) => ({ ...spec, endpoints: [{ address: "203.0.113.9" }] }));
  const spec = { servedBy: ["c2"], as: ["PerCluster"] };

  const left = paths({ spec }, { c1: (objects) => plain(outside(objects)) });

  expect(left).toEqual([expect.stringMatching(/^httpbin\.bar\.c2 c2: broken 0 % TRACE_ELSEWHERE/)]);
});
