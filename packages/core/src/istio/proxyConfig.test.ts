import { observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { MeshConfig, ObservedCluster } from "../model/index.ts";
import { istioCluster } from "./istioClusters.ts";
import { capturesDns, proxyMetadataOf } from "./proxyConfig.ts";

const config = (where: string, variables: string, selector = "", created = "2026-01-01T00:00:00Z") => {
  const [namespace, name] = where.split("/");
  return `{apiVersion: networking.istio.io/v1beta1, kind: ProxyConfig, metadata: {name: ${name}, namespace: ${namespace}, creationTimestamp: "${created}"}, spec: {environmentVariables: {${variables}}${selector}}}`;
};

const ofSleep = ", selector: {matchLabels: {app: sleep}}";

function clusterOf(
  objects: readonly string[],
  meshConfig: Partial<MeshConfig> = {},
  pod = podYaml("foo/sleep", "10.0.0.1"),
) {
  const observed = observedOf({
    c: { yaml: [pod, ...objects].join("\n---\n"), meshConfig: { proxyMetadata: { A: "mesh" }, ...meshConfig } },
  });
  const cluster = istioCluster(observed.clusters.get("c") as ObservedCluster, { mesh: undefined });
  const [workload] = cluster.workloads;
  if (workload === undefined) throw new Error("no workload");
  return { cluster, workload };
}

function metadata(...objects: readonly string[]) {
  const { cluster, workload } = clusterOf(objects);
  return proxyMetadataOf(cluster, workload);
}

test("what is closer to a workload counts more: mesh, root namespace, namespace, a selecting ProxyConfig", () => {
  const root = config("istio-system/all", "A: root, B: root");
  const own = config("foo/all", "A: foo, C: foo");
  const selecting = config("foo/sleep", "A: sleep", ofSleep);

  expect(metadata()).toEqual({ A: "mesh" });
  expect(metadata(root)).toEqual({ A: "root", B: "root" });
  expect(metadata(root, own)).toEqual({ A: "foo", B: "root", C: "foo" });
  expect(metadata(root, own, selecting)).toEqual({ A: "sleep", B: "root", C: "foo" });
});

test("others' ProxyConfigs do not count, and of two the older does", () => {
  expect(
    metadata(config("bar/all", "A: bar"), config("foo/other", "A: x", ", selector: {matchLabels: {app: y}}")),
  ).toEqual({ A: "mesh" });
  expect(metadata(config("istio-system/sleep", "A: root", ofSleep))).toEqual({ A: "mesh" });
  expect(metadata(config("foo/b", "A: older", "", "2025-01-01T00:00:00Z"), config("foo/a", "A: younger"))).toEqual({
    A: "older",
  });
});

test("the annotation counts more than the namespace's, and less than a ProxyConfig that selects the workload", () => {
  const pod = podYaml("foo/sleep", "10.0.0.1", {
    annotations: { "proxy.istio.io/config": "proxyMetadata: {A: annotation}" },
  });
  const of = (...objects: readonly string[]) => {
    const { cluster, workload } = clusterOf(objects, {}, pod);
    return proxyMetadataOf(cluster, workload).A;
  };

  expect(of(config("foo/all", "A: foo"))).toBe("annotation");
  expect(of(config("foo/all", "A: foo"), config("foo/sleep", "A: sleep", ofSleep))).toBe("sleep");
});

test("DNS is captured as a ProxyConfig says, and of a running pod as its proxy was started", () => {
  const on = config("foo/all", 'ISTIO_META_DNS_CAPTURE: "true"');
  const captures = (objects: readonly string[], pod?: string) => {
    const { cluster, workload } = clusterOf(objects, {}, pod);
    return capturesDns(cluster, workload);
  };
  const started = (value: string) =>
    podYaml("foo/sleep", "10.0.0.1").replace(
      '{"name":"istio-proxy"}',
      `{"name":"istio-proxy","env":[{"name":"ISTIO_META_DNS_CAPTURE","value":"${value}"}]}`,
    );

  expect(captures([])).toBe(false);
  expect(captures([on])).toBe(true);
  expect(captures([on], started("false"))).toBe(false);
  expect(captures([], started("true"))).toBe(true);
});

test("a ProxyConfig without a spec, and a pod without a sidecar, change nothing", () => {
  const empty = "{apiVersion: networking.istio.io/v1beta1, kind: ProxyConfig, metadata: {name: e, namespace: foo}}";

  expect(metadata(empty)).toEqual({ A: "mesh" });
  const { cluster, workload } = clusterOf(
    [config("foo/all", 'ISTIO_META_DNS_CAPTURE: "true"')],
    {},
    podYaml("foo/sleep", "10.0.0.1", { sidecar: false }),
  );
  expect(capturesDns(cluster, workload)).toBe(false);
});
