import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab, waitFor } from "../src/index.ts";
import { analyze } from "./clusterState.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";

let home: string;
let lab: Lab;
let folder: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-access-"));
  lab = await startLab({ home, clusters: 2 });
  folder = await prepareExample(lab, "access");
  // In the serving cluster: an identity that may not call from afar, and a caller without a sidecar.
  const sleep = await readFile(
    new URL("../../examples/access/clusters/cluster1/stranger.yaml", import.meta.url),
    "utf8",
  );
  const local = (name: string, injection: string) => `apiVersion: v1
kind: Namespace
metadata: {name: ${name}, labels: {istio-injection: ${injection}}}
---
${sleep.replaceAll("namespace: foo", `namespace: ${name}`)}`;
  await lab.apply("cluster2", local("foo", "enabled"));
  await lab.apply("cluster2", local("plain", "disabled"));
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

const remote = "http://httpbin.bar.cluster2:8000";
const local = "http://httpbin.bar:8000";

async function status(cluster: string, from: string, method: string, url: string): Promise<string> {
  const call = ["curl", "-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", "-X", method, url];
  return (await lab.exec(cluster, from, call)).stdout;
}

const calls = [
  ["GET", "/get"],
  ["GET", "/status/204"],
  ["GET", "/headers"],
  ["POST", "/post"],
] as const;

async function answers(cluster: string, from: string, base: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [method, path] of calls)
    found[`${method} ${path}`] = await status(cluster, from, method, `${base}${path}`);
  return found;
}

const all = { "GET /get": "200", "GET /status/204": "204", "GET /headers": "200", "POST /post": "200" };

async function matrix(): Promise<Record<string, Record<string, string>>> {
  return {
    "foo/sleep": await answers("cluster1", "foo/sleep", remote),
    "ops/sleep": await answers("cluster1", "ops/sleep", remote),
    "foo/curl": await answers("cluster1", "foo/curl", remote),
    "local foo/curl": await answers("cluster2", "foo/curl", local),
    "local plain/curl": await answers("cluster2", "plain/curl", local),
  };
}

const declared = {
  "foo/sleep": { ...all, "GET /headers": "403", "POST /post": "403" },
  "ops/sleep": { ...all, "GET /headers": "403" },
  "foo/curl": { "GET /get": "403", "GET /status/204": "403", "GET /headers": "403", "POST /post": "403" },
  "local foo/curl": all,
  "local plain/curl": all,
};

const open = Object.fromEntries(Object.keys(declared).map((caller) => [caller, all]));

async function redeclare(change: (text: string) => string): Promise<void> {
  const file = join(folder, "httpbin.yaml");
  await writeFile(file, change(await readFile(file, "utf8")));
  const { exitCode, stderr } = await isthmus(folder, lab.kubeconfig, "apply", "--yes", "--allow-mass-delete");
  expect(exitCode, stderr).toBe(0);
}

async function becomes(expected: unknown): Promise<void> {
  await waitFor("the declared answers", async () => JSON.stringify(await matrix()) === JSON.stringify(expected)).catch(
    () => undefined,
  );
  expect(await matrix()).toEqual(expected);
}

test("callers of other clusters get what is declared, local ones everything; a second apply writes nothing", async () => {
  const analysisBefore = await Promise.all(["cluster1", "cluster2"].map((cluster) => analyze(lab, cluster)));

  await redeclare((text) => text);
  await lab.refreshDns();

  await becomes(declared);
  expect(await Promise.all(["cluster1", "cluster2"].map((cluster) => analyze(lab, cluster)))).toEqual(analysisBefore);
  const since = new Date();
  await redeclare((text) => text);
  for (const cluster of ["cluster1", "cluster2"]) expect(await lab.writes(cluster, { since })).toEqual([]);
});

test("a dry run denies nothing, and rules that are taken back are lifted", async () => {
  await redeclare((text) => `${text}  accessDryRun: true\n`);
  await becomes(open);

  await redeclare((text) => text.replace("  accessDryRun: true\n", ""));
  await becomes(declared);

  await redeclare((text) => text.replace(/ {2}access:[\s\S]*$/, "").replace("      serviceAccounts: [sleep]\n", ""));
  await becomes(open);
});
