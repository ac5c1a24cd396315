import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type KubeObject, type Lab, startLab, waitFor } from "../src/index.ts";
import { analyze, foreignObjects, ourObjects } from "./clusterState.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";
import { namespace, sleep } from "./manifests.ts";

let home: string;
let lab: Lab;
let folder: string;
const clusters = ["cluster1", "cluster2", "cluster3"];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-default-deny-"));
  lab = await startLab({ home, clusters: 3 });
  folder = await prepareExample(lab, "default-deny");
  const meshed = { "istio-injection": "enabled" };
  await Promise.all([
    lab.apply("cluster1", [namespace("other", meshed), ...sleep("other")]),
    lab.apply("cluster2", [namespace("plain"), ...sleep("plain")]),
    lab.apply("cluster3", [namespace("foo", meshed), ...sleep("foo")]),
  ]);
});

afterAll(async () => {
  await lab?.down();
  for (const each of [home, folder]) await rm(each, { recursive: true, force: true });
});

/** What somebody who may write in a namespace could help himself to: the names that another one was given. */
async function copyNames(from: string, cluster: string, space: string): Promise<readonly KubeObject[]> {
  const kinds = ["serviceentries", "destinationrules"];
  const lists = await Promise.all(
    kinds.map((kind) => lab.cluster(from).api.list(`/apis/networking.istio.io/v1/namespaces/foo/${kind}`)),
  );
  // Without the address: one that others use as well is no longer ours to keep.
  const copies = lists.flat().map(({ apiVersion, kind, metadata, spec }) => ({
    ...{ apiVersion, kind, spec: { ...Object(spec), addresses: undefined } },
    metadata: { name: metadata.name, namespace: space },
  }));
  await lab.apply(cluster, copies);
  return copies;
}

const remote = "http://httpbin.bar.cluster2:8000";
const local = "http://httpbin.bar:8000";
const calls = [
  ["GET", `/get`],
  ["GET", "/headers"],
  ["POST", "/post"],
  ["PUT", "/put"],
] as const;

async function status(cluster: string, from: string, method: string, url: string): Promise<number> {
  const args = ["curl", "-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", "-X", method, url];
  return Number((await lab.exec(cluster, from, args)).stdout);
}

/** GET /get, GET /headers, POST /post and PUT /put of httpbin, then GET /hello of helloworld. */
async function row(cluster: string, from: string, isLocal = false): Promise<readonly number[]> {
  const found: number[] = [];
  for (const [method, path] of calls)
    found.push(await status(cluster, from, method, `${isLocal ? local : remote}${path}`));
  const hello = isLocal ? "http://helloworld.greet:5000/hello" : "http://helloworld.greet.cluster2:5000/hello";
  return [...found, await status(cluster, from, "GET", hello)];
}

async function matrix(): Promise<Record<string, readonly number[]>> {
  return {
    "cluster1 foo/sleep": await row("cluster1", "foo/sleep"),
    "cluster1 other/sleep": await row("cluster1", "other/sleep"),
    "cluster3 ops/sleep": await row("cluster3", "ops/sleep"),
    "cluster3 foo/sleep": await row("cluster3", "foo/sleep"),
    "local foo/sleep": await row("cluster2", "foo/sleep", true),
    "local other/sleep": await row("cluster2", "other/sleep", true),
    "local plain/sleep": await row("cluster2", "plain/sleep", true),
  };
}

// ops/sleep is given no name for helloworld, so it gets no answer at all.
const declared = {
  "cluster1 foo/sleep": [200, 200, 403, 403, 200],
  "cluster1 other/sleep": [403, 403, 403, 403, 403],
  "cluster3 ops/sleep": [200, 200, 200, 403, 0],
  // The same identity as cluster1's: what tells callers apart is namespace and service account.
  "cluster3 foo/sleep": [200, 200, 403, 403, 200],
  "local foo/sleep": [200, 200, 403, 403, 403],
  "local other/sleep": [403, 403, 403, 403, 403],
  "local plain/sleep": [403, 403, 403, 403, 403],
};
const everything = [200, 200, 200, 200, 200];
const localOpen = { "local foo/sleep": everything, "local other/sleep": everything, "local plain/sleep": everything };

async function becomes(expected: unknown): Promise<void> {
  const wanted = JSON.stringify(expected);
  await waitFor("the declared answers", async () => JSON.stringify(await matrix()) === wanted).catch(() => undefined);
  expect(await matrix()).toEqual(expected);
}

async function redeclare(change: (text: string) => string): Promise<void> {
  const file = join(folder, "mesh.yaml");
  await writeFile(file, change(await readFile(file, "utf8")));
  const { exitCode, stderr } = await isthmus(folder, lab.kubeconfig, "apply", "--yes", "--allow-mass-delete");
  expect(exitCode, stderr).toBe(0);
}

test("default-deny: identities of three clusters by method and path get what is declared for them, and nobody else anything", async () => {
  const foreignBefore = await Promise.all(clusters.map((cluster) => foreignObjects(lab, cluster)));
  const analysisBefore = await Promise.all(clusters.map((cluster) => analyze(lab, cluster)));
  await redeclare((text) => text);
  await lab.refreshDns();
  expect(await Promise.all(clusters.map((cluster) => analyze(lab, cluster)))).toEqual(analysisBefore);
  const copies = {
    cluster1: await copyNames("cluster1", "cluster1", "other"),
    cluster3: await copyNames("cluster1", "cluster3", "foo"),
  };

  await becomes(declared);

  const since = new Date();
  await redeclare((text) => text);
  for (const cluster of clusters) expect(await lab.writes(cluster, { since })).toEqual([]);

  await redeclare((text) => text.replace("localCallers: Consumers", "localCallers: Any"));
  await becomes({ ...declared, ...localOpen });

  await redeclare((text) => `${text.replace("localCallers: Any", "localCallers: Consumers")}    dryRun: true\n`);
  const hello = (cells: readonly number[]) => [...cells.slice(0, 4), 200];
  await becomes({ ...declared, ...localOpen, "cluster1 other/sleep": hello(declared["cluster1 other/sleep"]) });

  for (const [cluster, objects] of Object.entries(copies)) await lab.remove(cluster, objects);
  for (const name of await readdir(folder)) if (name !== "mesh.yaml") await rm(join(folder, name));
  await redeclare((text) => text);
  for (const cluster of clusters) expect(await ourObjects(lab, cluster)).toEqual([]);
  expect(await Promise.all(clusters.map((cluster) => foreignObjects(lab, cluster)))).toEqual(foreignBefore);
});
