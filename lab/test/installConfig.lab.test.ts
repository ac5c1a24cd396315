import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { type KubeObject, type Lab, startLab } from "../src/index.ts";
import { prepareExample } from "./example.ts";
import { chartFolder, findObject, istioOf, renderByHelm, renderIstio } from "./generatedIstio.ts";
import { isthmus } from "./isthmus.ts";

/**
 * What `isthmus install-config` writes goes through Istio's own charts (compiled into istioctl), and istiod of both clusters
 * runs with what comes out: mesh configuration and environment.
 */

let home: string;
let labHome: string;
let lab: Lab;
let rendered: ReadonlyMap<string, readonly KubeObject[]>;

function find(cluster: string, kind: string, name: string): KubeObject {
  return findObject(rendered.get(cluster) ?? [], kind, name);
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-install-"));
  rendered = new Map(
    await Promise.all(
      ["cluster1", "cluster2"].map(async (cluster) => [cluster, await renderIstio(cluster, home)] as const),
    ),
  );
  labHome = await mkdtemp(join(tmpdir(), "isthmus-install-lab-"));
  lab = await startLab({ home: labHome, clusters: 2, istio: (cluster) => istioOf(rendered.get(cluster) ?? []) });
});

afterAll(async () => {
  await lab?.down();
  await Promise.all([home, labHome].map((path) => rm(path, { recursive: true, force: true })));
});

test("Istio's charts make of it the cluster's name, several roots, and a gateway with the ports of the guide", () => {
  const { spec } = find("cluster1", "Service", "istio-ingressgateway") as KubeObject & {
    readonly spec: { readonly type: string; readonly ports: readonly object[]; readonly selector: object };
  };

  expect(istioOf(rendered.get("cluster1") ?? []).env).toEqual({ ISTIO_MULTIROOT_MESH: "true", CLUSTER_ID: "cluster1" });
  expect(spec).toMatchObject({
    type: "NodePort",
    selector: { istio: "ingressgateway" },
    ports: [
      { name: "status-port", port: 15021, targetPort: 15021 },
      { name: "http2", port: 80, targetPort: 8080 },
      { name: "https", port: 443, targetPort: 8443 },
      { name: "tls", port: 15443, targetPort: 15443, nodePort: 32001 },
    ],
  });
});

test("two clusters that run with it call each other, and nothing that is not declared", async () => {
  const folder = await prepareExample(lab, "sleep-httpbin");

  const applied = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  await lab.curlUntil("cluster1", "foo/sleep", "http://httpbin.bar.cluster2:8000/headers", 200);
  const undeclared = await lab.curl("cluster1", "foo/sleep", `http://${lab.cluster("cluster2").address}:6443/`);
  const live = await isthmus(
    folder,
    lab.kubeconfig,
    ...["install-config", "cluster1", "--format", "meshconfig", "--registry-only", "--access-log", "--live"],
  );
  const other = await isthmus(folder, lab.kubeconfig, "install-config", "cluster1", "--format", "meshconfig", "--live");

  expect(applied.exitCode, applied.stderr).toBe(0);
  // By ALLOW_ANY the API server would answer, with 400.
  expect(undeclared.status).toBe(0);
  expect({ exitCode: live.exitCode, stdout: live.stdout }).toEqual({ exitCode: 0, stdout: "" });
  expect(other.exitCode).toBe(1);
  expect(other.stdout).toContain("-  mode: REGISTRY_ONLY\n+  mode: ALLOW_ANY");
  await rm(folder, { recursive: true });
});

test("Helm makes the same of its values as istioctl of the IstioOperator", async () => {
  const byHelm = await renderByHelm("cluster1", home);

  const byIstioctl = rendered.get("cluster1") ?? [];
  expect(istioOf(byHelm)).toEqual(istioOf(byIstioctl));
  const ports = (objects: readonly KubeObject[]) =>
    (findObject(objects, "Service", "istio-ingressgateway").spec as { readonly ports: readonly object[] }).ports;
  expect(ports(byHelm)).toEqual(ports(byIstioctl));
});

test("every Helm value is one that the charts know", async () => {
  const { stdout } = await isthmus(
    home,
    join(home, "none"),
    "install-config",
    "cluster1",
    "--multi-root",
    "-o",
    "json",
  );
  const values: Readonly<Record<"base" | "istiod" | "gateway", object>> = JSON.parse(stdout);
  const defaults = async (chart: string) => {
    const text = await readFile(join(await chartFolder(chart), "values.yaml"), "utf8");
    return parseAllDocuments(text)[0]?.toJS()._internal_defaults_do_not_set;
  };

  expect(unknownIn(values.base, await defaults("base"))).toEqual([]);
  expect(unknownIn(values.istiod, await defaults("istiod"))).toEqual([]);
  expect(unknownIn(values.gateway, await defaults("gateway"))).toEqual([]);
});

/** Paths of values that a chart has no default for; what is below an empty map, labels and the mesh configuration is free. */
function unknownIn(values: object, defaults: Readonly<Record<string, unknown>>, path = ""): readonly string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const known = defaults[key];
    if (known === undefined) return [`${path}${key}`];
    const isOpen =
      typeof known !== "object" ||
      known === null ||
      Object.keys(known).length === 0 ||
      ["meshConfig", "labels"].includes(key);
    if (isOpen || Array.isArray(value) || typeof value !== "object" || value === null) return [];
    return unknownIn(value, known as Readonly<Record<string, unknown>>, `${path}${key}.`);
  });
}
