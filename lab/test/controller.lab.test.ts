import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type KubeObject, type Lab, startLab, toolPath, waitFor } from "../src/index.ts";
import { accountKubeconfig } from "./account.ts";
import { foreignObjects, ourObjects } from "./clusterState.ts";
import { bundle, isthmus } from "./isthmus.ts";
import { httpbin, namespace, sleep } from "./manifests.ts";

/** The controller under its own restricted accounts keeps two real clusters, of which the first is the management cluster as well. */

let home: string;
let lab: Lab;
let hub: string;
const clusters = ["cluster1", "cluster2"];
const running: ChildProcess[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-controller-"));
  lab = await startLab({ home, clusters: 2 });
  const meshed = { "istio-injection": "enabled" };
  await Promise.all([
    lab.apply("cluster1", [namespace("foo", meshed), ...sleep("foo"), namespace("bar")]),
    lab.apply("cluster2", [namespace("bar", meshed), ...httpbin("bar")]),
  ]);
  const { stdout } = await isthmus(home, lab.kubeconfig, "controller", "--manifests", "-o", "json");
  const { items } = JSON.parse(stdout) as { readonly items: readonly KubeObject[] };
  await lab.apply("cluster1", items);
  const members = await accountKubeconfig(lab, clusters, { args: ["--controller", "--name", "isthmus-member"] });
  await lab.apply("cluster1", await Promise.all(clusters.map((cluster) => secretOf(cluster, members))));
  hub = await hubKubeconfig();
});

afterAll(async () => {
  for (const process of running) process.kill("SIGKILL");
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

async function secretOf(cluster: string, path: string): Promise<KubeObject> {
  const config = { ...JSON.parse(await readFile(path, "utf8")), "current-context": cluster };
  const kubeconfig = Buffer.from(JSON.stringify(config)).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: cluster, namespace: "isthmus-system" },
    data: { kubeconfig },
  };
}

/** By which the controller has the rights of its manifests and no others. */
async function hubKubeconfig(): Promise<string> {
  const token = await kubectl("create", "token", "isthmus-controller", "-n", "isthmus-system");
  const config = JSON.parse(await readFile(lab.kubeconfig, "utf8"));
  const user = config.users.find(({ name }: { readonly name: string }) => name === "cluster1-admin");
  user.user = { token };
  const path = join(home, "hub.kubeconfig");
  await writeFile(path, JSON.stringify({ ...config, "current-context": "cluster1" }), { mode: 0o600 });
  return path;
}

async function kubectl(...args: readonly string[]): Promise<string> {
  const { stdout } = await execa(toolPath("kubectl"), [
    ...["--kubeconfig", lab.kubeconfig, "--context", "cluster1"],
    ...args,
  ]);
  return stdout;
}

function startController(): { readonly process: ChildProcess; readonly log: () => string } {
  const args = ["controller", "--kubeconfig", hub, "--context", "cluster1", "--listen", "none"];
  const process = spawn(globalThis.process.execPath, [bundle, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  running.push(process);
  let log = "";
  for (const stream of [process.stdout, process.stderr])
    stream?.on("data", (chunk: Buffer) => {
      log += chunk.toString("utf8");
    });
  return { process, log: () => log };
}

const apiVersion = "isthmus.io/v1alpha1";
const declarations: readonly KubeObject[] = [
  ...clusters.map((name) => ({
    ...{ apiVersion, kind: "MeshCluster", metadata: { name } },
    spec: { access: { kubeconfig: { secretRef: { name, namespace: "isthmus-system" } } } },
  })),
  {
    ...{ apiVersion, kind: "SharedService", metadata: { name: "httpbin", namespace: "bar" } },
    spec: { servedBy: ["cluster2"], consumers: [{ clusters: ["cluster1"], namespaces: ["foo"] }] },
  },
];

const denyAll: KubeObject = {
  apiVersion: "security.istio.io/v1",
  kind: "AuthorizationPolicy",
  metadata: { name: "nobody", namespace: "bar" },
  spec: {},
};

const url = "http://httpbin.bar.cluster2:8000/get";
const call = () => lab.curl("cluster1", "foo/sleep", url, { timeoutSeconds: 3 });
const condition = (type: string) =>
  kubectl(
    "get",
    "sharedservice",
    "httpbin",
    "-n",
    "bar",
    "-o",
    `jsonpath={.status.conditions[?(@.type=="${type}")].status}`,
  );
const notes = () => kubectl("get", "events.events.k8s.io", "-n", "bar", "-o", "jsonpath={.items[*].note}");
const isReady = () => kubectl("wait", "--for=condition=Ready", "sharedservice/httpbin", "-n", "bar", "--timeout=60s");
const refOf = ({ apiVersion: version, kind, metadata: { name, namespace: within = "" } }: KubeObject) => ({
  ...{ apiVersion: version, kind, name, namespace: within },
});

test("what a user declares by kubectl works, is proved and kept, whoever breaks it and whatever dies, and leaves nothing behind", async () => {
  const before = await Promise.all(clusters.map((cluster) => foreignObjects(lab, cluster)));
  let controller = startController();
  await lab.apply("cluster1", declarations);
  await isReady();
  await lab.curlUntil("cluster1", "foo/sleep", url, 200);

  const denied = performance.now();
  await lab.apply("cluster2", [denyAll]);
  await waitFor("the path to be told as broken", async () => (await condition("PathProven")) === "False");
  const told = performance.now() - denied;
  const blame = /AuthorizationPolicy bar\/nobody.*last written by .* at 20/;
  await waitFor("an Event that says whose policy that is", async () => blame.test(await notes()));
  await waitFor("a call that is refused", async () => (await call()).status === 403);
  await lab.remove("cluster2", refOf(denyAll));
  await isReady();
  await lab.curlUntil("cluster1", "foo/sleep", url, 200);
  // kubectl takes a quarter of a second for each look.
  expect(told).toBeLessThan(2_000);

  const [entry = ""] = (await ourObjects(lab, "cluster1")).filter((object) => object.startsWith("ServiceEntry "));
  const [within = "", name = ""] = entry.replace("ServiceEntry ", "").split("/");
  const ref = { apiVersion: "networking.istio.io/v1", kind: "ServiceEntry", namespace: within, name };
  await lab.remove("cluster1", ref);
  await waitFor("what was deleted to be back", async () => (await ourObjects(lab, "cluster1")).includes(entry));
  await lab.curlUntil("cluster1", "foo/sleep", url, 200);

  controller.process.kill("SIGKILL");
  await once(controller.process, "exit");
  await lab.remove("cluster1", ref);
  controller = startController();
  await waitFor("another one to take over", async () => (await ourObjects(lab, "cluster1")).includes(entry), {
    seconds: 40,
  });
  await isReady();
  await lab.curlUntil("cluster1", "foo/sleep", url, 200);

  await kubectl("delete", "sharedservice", "httpbin", "-n", "bar", "--timeout=60s");
  expect((await Promise.all(clusters.map((cluster) => ourObjects(lab, cluster)))).flat()).toEqual([]);
  controller.process.kill("SIGTERM");
  const [code] = await once(controller.process, "exit");
  expect(code).toBe(130);
  expect(controller.log()).toContain("the controller has ended: no write is under way");
  await kubectl("delete", "meshclusters", "--all", "--timeout=60s");
  expect(await Promise.all(clusters.map((cluster) => foreignObjects(lab, cluster)))).toEqual(before);
});
