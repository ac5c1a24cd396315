import { intents, meshCluster, namespace, observedCluster, pod, service, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { KubeObject } from "../../kinds/index.ts";
import { defaultMeshConfig } from "../../model/index.ts";
import { compile } from "../compile.ts";

const sidecar = (hosts: readonly string[], spec: object = {}): KubeObject => ({
  apiVersion: "networking.istio.io/v1",
  kind: "Sidecar",
  metadata: { name: "default", namespace: "foo" },
  spec: { egress: [{ hosts, ...spec }] },
});

/** Codes and messages of what is said of a SharedService `bar/httpbin`, from cluster2 to foo in cluster1. */
function told(more: readonly KubeObject[], spec: Record<string, unknown> = {}, exportTo: readonly string[] = ["*"]) {
  const meshConfig = { ...defaultMeshConfig, defaultServiceExportTo: exportTo };
  const clusters = [
    observedCluster("cluster1", "192.0.2.1", [namespace("foo"), namespace("bar"), pod("foo/sleep"), ...more], {
      meshConfig,
    }),
    observedCluster("cluster2", "192.0.2.2", [namespace("bar"), service("bar/httpbin"), pod("bar/httpbin")], {
      meshConfig,
    }),
  ];
  const declared = intents([sharedService("bar/httpbin", spec)], {
    clusters: [meshCluster("cluster1"), meshCluster("cluster2")],
  });
  const observed = { clusters: new Map(clusters.map((each) => [each.name, each])), unreachable: new Map() };
  return compile(declared, observed);
}

const codesOf = (...input: Parameters<typeof told>) => told(...input).problems.map(({ code }) => code);

test.each([
  ["nothing of the own namespace", ["istio-system/*"], ["HOST_NOT_IMPORTED"]],
  ["all of the own namespace", ["./*", "istio-system/*"], []],
  ["all", ["*/*"], []],
  ["exactly the name", ["foo/httpbin.bar.cluster2"], []],
  ["all but the name", ["*/*", "~*/httpbin.bar.cluster2"], ["HOST_NOT_IMPORTED"]],
])("a Sidecar of the callers that lets %s through", (_, hosts, codes) => {
  expect(codesOf([sidecar(hosts)])).toEqual(codes);
});

test("a Sidecar that lets another port through only hides the name", () => {
  const port = { number: 9000, protocol: "HTTP", name: "http" };

  expect(codesOf([sidecar(["*/*"], { port })])).toEqual(["HOST_NOT_IMPORTED"]);
});

test("a name that all namespaces get stands in Istio's namespace, and the Service's own name in its own", () => {
  const everybody = { consumers: [{ clusters: ["cluster1"] }] };

  expect(codesOf([sidecar(["istio-system/*"])], everybody)).toEqual([]);
  expect(codesOf([sidecar(["./*"])], everybody)).toEqual(["HOST_NOT_IMPORTED"]);
  expect(codesOf([sidecar(["bar/*"])], { as: ["SameName"] })).toEqual([]);
  expect(codesOf([sidecar(["./*"])], { as: ["SameName"] })).toEqual(["HOST_NOT_IMPORTED"]);
});

test("where Services are private by default, what we make of them is exported", () => {
  const { desired, problems } = told([], { as: ["SameName"], consumers: [{ clusters: ["cluster1"] }] }, ["."]);
  const annotations = [...desired.values()]
    .flat()
    .filter(({ kind }) => kind === "Service")
    .map(({ metadata }) => metadata.annotations?.["networking.istio.io/exportTo"]);

  expect(problems).toEqual([]);
  expect(annotations).toEqual(["*", "istio-system"]);
});

test("a gateway that does not see the user's Service passes calls through by a Service of ours", () => {
  const entries = (exportTo: readonly string[]) =>
    (told([], {}, exportTo).desired.get("cluster2") ?? []).filter(({ kind }) => kind === "Service").length;

  expect([entries(["*"]), entries(["."])]).toEqual([0, 1]);
});

test("SERVICE_NOT_EXPORTED where the consumers' own Service is kept from them", () => {
  const local = [service("bar/httpbin"), pod("bar/httpbin")];

  expect(codesOf(local, { as: ["SameName"] }, ["."])).toEqual(["SERVICE_NOT_EXPORTED"]);
  expect(codesOf(local, { as: ["SameName"] })).toEqual([]);
  const everyNamespace = { as: ["SameName"], consumers: [{ clusters: ["cluster1"] }] };
  expect(codesOf(local, everyNamespace, ["."])).toEqual(["SERVICE_NOT_EXPORTED"]);
  expect(codesOf(local, everyNamespace)).toEqual([]);
});
