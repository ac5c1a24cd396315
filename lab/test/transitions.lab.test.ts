import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab } from "../src/index.ts";
import { ourObjects } from "./clusterState.ts";
import { isthmus } from "./isthmus.ts";
import { httpbin, namespace, sleep } from "./manifests.ts";
import { watchPath } from "./watchPath.ts";

let home: string;
let folder: string;
let lab: Lab;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-transitions-"));
  folder = await mkdtemp(join(tmpdir(), "isthmus-transitions-declared-"));
  lab = await startLab({ home, clusters: 2 });
  const meshed = { "istio-injection": "enabled" };
  await Promise.all([
    lab.apply("cluster1", [namespace("foo", meshed), ...sleep("foo"), namespace("bar")]),
    lab.apply("cluster2", [namespace("bar", meshed), ...httpbin("bar")]),
  ]);
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

const plain = "";
const withPorts = "  ports: [8000]\n";
const bothNames = "  as: [PerCluster, SameName]\n";

async function declare(name: string, more: string, selector: string): Promise<void> {
  await writeFile(
    join(folder, "mesh.yaml"),
    `apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: cluster1}
---
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: cluster2}
spec:
  eastWestGateway: {selector: ${selector}}
---
apiVersion: isthmus.io/v1alpha1
kind: SharedService
metadata: {name: ${name}, namespace: bar}
spec:
  service: httpbin
  servedBy: [cluster2]
  consumers: [{clusters: [cluster1], namespaces: [foo]}]
${more}`,
  );
}

const gateway = "{istio: ingressgateway}";
const sameGateway = "{app: istio-ingressgateway}";

test("a path that works goes on working whatever its declaration is changed to", async () => {
  await declare("httpbin", plain, gateway);
  expect((await isthmus(folder, lab.kubeconfig, "apply", "--yes")).exitCode).toBe(0);
  const url = "http://httpbin.bar.cluster2:8000/get";
  await lab.curlUntil("cluster1", "foo/sleep", url, 200);
  const objects = await ourObjects(lab, "cluster2");

  const path = watchPath(lab, "cluster1", "foo/sleep", url);
  const changes: readonly (readonly [string, string, string])[] = [
    ["httpbin", withPorts, gateway],
    ["httpbin", plain, gateway],
    ["httpbin", bothNames, gateway],
    ["renamed", bothNames, gateway],
    ["renamed", withPorts, sameGateway],
    ["httpbin", plain, gateway],
  ];
  const waits: { readonly by: string; readonly milliseconds: number; readonly reason?: string }[] = [];
  for (const change of changes) {
    await declare(...change);
    const applied = await isthmus(folder, lab.kubeconfig, "apply", "--yes", "--allow-mass-delete", "-o", "json");
    expect(applied.exitCode, applied.stderr).toBe(0);
    waits.push(...JSON.parse(applied.stdout).waits);
    const again = await isthmus(folder, lab.kubeconfig, "diff");
    expect(again.exitCode, again.stdout + again.stderr).toBe(0);
  }

  const { calls, failures } = await path.stop();
  expect(failures).toEqual([]);
  expect(calls).toBeGreaterThan(100);
  expect(await ourObjects(lab, "cluster2")).toEqual(objects);
  // istiod tells when its proxies have what traffic is to follow: nobody waits for two seconds every time.
  const told = waits.filter(({ by }) => by === "acknowledgement");
  expect(told.length, JSON.stringify(waits)).toBeGreaterThan(0);
  expect(Math.min(...told.map(({ milliseconds }) => milliseconds))).toBeLessThan(1500);
});
