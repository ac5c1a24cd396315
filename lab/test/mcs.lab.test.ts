import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type KubeObject, type Lab, startLab, waitFor } from "../src/index.ts";
import { analyze, foreignObjects, ourObjects } from "./clusterState.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";
import { httpbin, namespace, sleep } from "./manifests.ts";
import { askFromOutside } from "./outsideClient.ts";

/**
 * Multi-Cluster Services: examples/mcs, and of the upstream conformance suite (kubernetes-sigs/mcs-api, conformance/) each
 * test that concerns us, under its own name. What is left out and why: docs/guide/mcs.md.
 */
let home: string;
let folder: string;
let lab: Lab;

const clusters = ["cluster1", "cluster2"];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-mcs-"));
  folder = await mkdtemp(join(tmpdir(), "isthmus-mcs-declared-"));
  lab = await startLab({ home, clusters: 2 });
  const named = clusters.map(
    (name) => `---\napiVersion: isthmus.io/v1alpha1\nkind: MeshCluster\nmetadata: {name: ${name}}\n`,
  );
  const mesh = `apiVersion: isthmus.io/v1alpha1\nkind: Mesh\nmetadata: {name: mesh}\nspec: {mcs: {namespaces: [conf]}}\n`;
  await writeFile(join(folder, "mesh.yaml"), [mesh, ...named].join(""));
  for (const cluster of clusters) {
    await lab.apply(cluster, [namespace("conf", { "istio-injection": "enabled" }), ...sleep("conf")]);
    await lab.apply(cluster, httpbin("conf"));
    await lab.apply(cluster, [hello([port("http", 42)])]);
  }
});

afterAll(async () => {
  await lab?.down();
  for (const path of [home, folder]) await rm(path, { recursive: true, force: true });
});

/** Every test starts with nothing exported, and the Services as they were. */
afterEach(async () => {
  for (const cluster of clusters) {
    await unexport(cluster);
    await lab.remove(cluster, [hello([])]);
    await lab.apply(cluster, [hello([port("http", 42)])]);
  }
  await reconcile();
});

const host = "hello.conf.svc.clusterset.local";
const port = (name: string, number: number) => ({ name, port: number, targetPort: 80 });

function hello(ports: readonly unknown[], spec: Record<string, unknown> = {}): KubeObject {
  const metadata = { name: "hello", namespace: "conf" };
  return { apiVersion: "v1", kind: "Service", metadata, spec: { selector: { app: "httpbin" }, ports, ...spec } };
}

async function replaceService(cluster: string, service: KubeObject): Promise<void> {
  await lab.remove(cluster, [service]);
  await lab.apply(cluster, [service]);
}

const exported = (spec: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: "multicluster.x-k8s.io/v1alpha1",
  kind: "ServiceExport",
  metadata: { name: "hello", namespace: "conf" },
  spec,
});

const exportFrom = (cluster: string, spec?: Record<string, unknown>) => lab.apply(cluster, [exported(spec)]);
const unexport = (cluster: string) => lab.remove(cluster, [exported()]);

/** What a controller would do by itself; the codes of what it has to say. */
async function reconcile(): Promise<readonly string[]> {
  const applied = await isthmus(folder, lab.kubeconfig, "apply", "--yes", "--allow-mass-delete");
  expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0);
  return [...new Set(applied.stderr.match(/\b(EXPORT|ROUTE)_[A-Z_]+/g))].sort();
}

interface Import {
  readonly metadata: KubeObject["metadata"];
  readonly spec: {
    readonly type: string;
    readonly ips: readonly string[];
    readonly ports: readonly { readonly name: string; readonly port: number }[];
  };
}

function importIn(cluster: string): Promise<Import | undefined> {
  return lab
    .cluster(cluster)
    .api.get<Import>("/apis/multicluster.x-k8s.io/v1alpha1/namespaces/conf/serviceimports/hello");
}

const status = async (cluster: string, url: string) => (await lab.curl(cluster, "conf/sleep", url)).status;

/** Which clusters answer, each call on a connection of its own. */
async function answering(cluster: string, number: number, calls = 12): Promise<readonly string[]> {
  const script = `for i in $(seq ${calls}); do curl -s -m 5 http://${host}:${number}/env | grep -o 'cluster[0-9]'; done`;
  const { stdout } = await lab.exec(cluster, "conf/sleep", ["bash", "-c", script]);
  return [...new Set(stdout.split("\n").filter((line) => line !== ""))].sort();
}

async function resolve(cluster: string, name: string): Promise<string | undefined> {
  const { stdout } = await lab.exec(cluster, "conf/sleep", ["getent", "ahostsv4", name]);
  return stdout.split(/\s/)[0];
}

/** A route of namespace `bar` or `conf` with one backend. */
function route(
  where: string,
  parent: Record<string, unknown>,
  backend: Record<string, unknown>,
  kind = "HTTPRoute",
): KubeObject {
  const [namespace = "", name = ""] = where.split("/");
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind,
    metadata: { name, namespace },
    spec: { parentRefs: [parent], rules: [{ backendRefs: [backend] }] },
  };
}

/** A Service that only routes lead anywhere. */
const parentOnly = (name: string, port: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "bar" },
  spec: { ports: [{ name: port, port: 9000 }] },
});

const gateway: KubeObject = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
  metadata: { name: "front", namespace: "istio-system" },
  spec: {
    gatewayClassName: "istio",
    addresses: [{ type: "Hostname", value: "istio-ingressgateway" }],
    listeners: [{ name: "http", port: 80, protocol: "HTTP", allowedRoutes: { namespaces: { from: "All" } } }],
  },
};

test("mcs: an export is called by its name under clusterset.local, by mesh routes of every kind and by an ingress route", async () => {
  const example = await prepareExample(lab, "mcs");
  const backend = { group: "multicluster.x-k8s.io", kind: "ServiceImport", name: "httpbin", port: 8000 };
  await lab.apply("cluster1", [
    gateway,
    route("bar/ingress", { name: "front", namespace: "istio-system" }, backend),
    parentOnly("raw", "tcp"),
    parentOnly("rpc", "grpc"),
    route("bar/raw", { group: "", kind: "Service", name: "raw" }, backend, "TCPRoute"),
    route("bar/rpc", { group: "", kind: "Service", name: "rpc" }, backend, "GRPCRoute"),
  ]);
  await lab.refreshDns();
  const before = await Promise.all(clusters.map((cluster) => foreignObjects(lab, cluster)));
  // Without the import istiod misses the routes' backend.
  const analysis = (await Promise.all(clusters.map((cluster) => analyze(lab, cluster)))).map((lines) =>
    lines.filter((line) => !line.includes("BackendNotFound")),
  );
  const apply = () => isthmus(example, lab.kubeconfig, "apply", "--yes");

  const applied = await apply();
  expect(applied.exitCode, applied.stderr).toBe(0);

  await lab.refreshDns();
  await lab.curlUntil("cluster1", "foo/sleep", "http://httpbin.bar.svc.clusterset.local:8000/get", 200);
  await lab.curlUntil("cluster1", "foo/sleep", "http://front.bar/get", 200);
  await lab.curlUntil("cluster1", "foo/sleep", "http://raw.bar:9000/get", 200);
  await waitFor("the GRPCRoute", async () => {
    const options = { args: ["--http2-prior-knowledge"] };
    return (await lab.curl("cluster1", "foo/sleep", "http://rpc.bar:9000/get", options)).status === 200;
  });
  const ingress = () => askFromOutside(lab, "cluster1", "http://ingress.example.com/get");
  await waitFor("the ingress route", async () => (await ingress()).startsWith("200"));
  expect((await isthmus(example, lab.kubeconfig, "verify")).exitCode).toBe(0);
  expect(await Promise.all(clusters.map((cluster) => analyze(lab, cluster)))).toEqual(analysis);

  const since = new Date();
  expect((await apply()).exitCode).toBe(0);
  expect((await isthmus(example, lab.kubeconfig, "diff")).exitCode).toBe(0);
  expect(await Promise.all(clusters.map((cluster) => lab.writes(cluster, { since })))).toEqual([[], []]);

  // Namespaces of the other tests alone count again: what this one made goes.
  await reconcile();
  expect(await Promise.all(clusters.map((cluster) => ourObjects(lab, cluster)))).toEqual([[], []]);
  expect(await Promise.all(clusters.map((cluster) => foreignObjects(lab, cluster)))).toEqual(before);
});

test("Connectivity to remote services with no exported service should be inaccessible", async () => {
  await reconcile();

  expect(await Promise.all(clusters.map(importIn))).toEqual([undefined, undefined]);
  for (const cluster of clusters) await expect(status(cluster, `http://${host}:42/get`)).resolves.not.toBe(200);
});

test("Connectivity to remote services with an exported ClusterIP service should be accessible through DNS", async () => {
  await exportFrom("cluster2");
  await reconcile();

  for (const cluster of clusters) await lab.curlUntil(cluster, "conf/sleep", `http://${host}:42/get`, 200);
  expect(await answering("cluster1", 42, 4)).toEqual(["cluster2"]);
});

test("A DNS lookup of the <service>.<ns>.svc.clusterset.local domain should resolve to the clusterset IP, and cluster.local only to local services", async () => {
  await exportFrom("cluster1");
  await reconcile();

  for (const cluster of clusters) {
    const address = (await importIn(cluster))?.spec.ips[0];
    await waitFor(`${host} in ${cluster}`, async () => (await resolve(cluster, host)) === address);
  }
  const local = await lab
    .cluster("cluster1")
    .api.get<{ spec: { clusterIP: string } }>("/api/v1/namespaces/conf/services/hello");
  expect(await resolve("cluster1", "hello.conf.svc.cluster.local")).toBe(local?.spec.clusterIP);
});

test("Exporting a ClusterIP service should create a ServiceImport of type ClusterSetIP with an IP and the Service's ports in each cluster. Unexporting should delete the ServiceImport", async () => {
  await exportFrom("cluster1");
  await reconcile();

  for (const cluster of clusters) {
    const imported = await importIn(cluster);
    expect(imported?.spec).toMatchObject({ type: "ClusterSetIP", ips: [expect.stringMatching(/^240\.0\./)] });
    expect(imported?.spec.ports).toEqual([{ name: "http", port: 42, protocol: "TCP" }]);
  }

  await unexport("cluster1");
  await reconcile();

  expect(await Promise.all(clusters.map(importIn))).toEqual([undefined, undefined]);
});

test("Only labels and annotations specified as exported in the ServiceExport should be propagated to the ServiceImport", async () => {
  const labels = { "dummy-label": "true" };
  const annotations = { "dummy-annotation": "true" };
  await exportFrom("cluster1", { exportedLabels: labels, exportedAnnotations: annotations });
  await reconcile();

  const metadata = (await importIn("cluster2"))?.metadata;
  expect(metadata?.labels).toMatchObject(labels);
  expect(metadata?.annotations).toEqual(annotations);
});

test("A ServiceImport should only exist as long as there's at least one exporting cluster", async () => {
  await exportFrom("cluster1");
  await exportFrom("cluster2");
  await reconcile();
  await waitFor("both clusters", async () => (await answering("cluster1", 42)).length === 2);

  await unexport("cluster1");
  await reconcile();
  expect((await importIn("cluster1"))?.spec.type).toBe("ClusterSetIP");
  await waitFor("cluster2 alone", async () => (await answering("cluster1", 42)).join() === "cluster2");

  await unexport("cluster2");
  await reconcile();
  expect(await importIn("cluster1")).toBeUndefined();
});

test("A ClusterIP service exported on two clusters should expose the union of the constituent service ports", async () => {
  await replaceService("cluster2", hello([port("http", 42), port("http-more", 142)]));
  await exportFrom("cluster1");
  await exportFrom("cluster2");
  await reconcile();

  expect((await importIn("cluster1"))?.spec.ports.map(({ name, port: number }) => [name, number])).toEqual([
    ["http", 42],
    ["http-more", 142],
  ]);
  await waitFor("both clusters", async () => (await answering("cluster1", 42)).length === 2);
  expect(await answering("cluster1", 142)).toEqual(["cluster2"]);
});

test("A ClusterIP service exported on two clusters with conflicting ports should apply the conflict resolution policy and report a Conflict", async () => {
  await replaceService("cluster1", hello([port("http", 43)]));
  await exportFrom("cluster2");
  // Times of creation have whole seconds.
  await new Promise((done) => setTimeout(done, 1_100));
  await exportFrom("cluster1");

  expect(await reconcile()).toEqual(["EXPORT_CONFLICT"]);

  for (const cluster of clusters) {
    expect((await importIn(cluster))?.spec.ports).toEqual([{ name: "http", port: 42, protocol: "TCP" }]);
  }
  await lab.curlUntil("cluster1", "conf/sleep", `http://${host}:42/get`, 200);
  expect(await answering("cluster1", 42)).toEqual(["cluster2"]);
});

test.each([
  ["an ExternalName", hello([], { type: "ExternalName", externalName: "example.com", selector: undefined })],
  ["a headless", hello([port("http", 42)], { clusterIP: "None" })],
])("Exporting %s service should report that it is not valid, and no ServiceImport should exist", async (_, service) => {
  await replaceService("cluster1", service);
  await exportFrom("cluster1");

  expect(await reconcile()).toEqual(["EXPORT_INVALID"]);

  expect(await Promise.all(clusters.map(importIn))).toEqual([undefined, undefined]);
});

test("A service exported on two clusters with conflicting headlessness should be imported as the ClusterIP that it can be", async () => {
  await replaceService("cluster2", hello([port("http", 42)], { clusterIP: "None" }));
  await exportFrom("cluster1");
  await exportFrom("cluster2");

  expect(await reconcile()).toEqual(["EXPORT_INVALID"]);

  for (const cluster of clusters) expect((await importIn(cluster))?.spec.type).toBe("ClusterSetIP");
  await waitFor("cluster1 alone", async () => (await answering("cluster2", 42)).join() === "cluster1");
});

test("a route to a ServiceImport whose Service is in the cluster stays there, which is told; by its host it reaches the others", async () => {
  const parent = { group: "", kind: "Service", name: "sleep" };
  const backend = { group: "multicluster.x-k8s.io", kind: "ServiceImport", name: "hello", port: 42 };
  const byHost = { group: "networking.istio.io", kind: "Hostname", name: host, port: 42 };
  await exportFrom("cluster2");
  await lab.apply("cluster1", [route("conf/front", parent, backend)]);

  expect(await reconcile()).toEqual(["ROUTE_LOCAL_ONLY"]);
  await lab.curlUntil("cluster1", "conf/sleep", "http://sleep.conf/get", 200);
  expect((await lab.curl("cluster1", "conf/sleep", "http://sleep.conf/env")).body).toContain('"cluster1"');

  await lab.apply("cluster1", [route("conf/front", parent, byHost)]);
  expect(await reconcile()).toEqual([]);
  await waitFor("cluster2", async () =>
    (await lab.curl("cluster1", "conf/sleep", "http://sleep.conf/env")).body.includes('"cluster2"'),
  );
});
