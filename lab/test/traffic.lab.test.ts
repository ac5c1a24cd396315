import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab, waitFor } from "../src/index.ts";
import { startCallers } from "./callers.ts";
import { analyze, foreignObjects, ourObjects } from "./clusterState.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";
import { tcpEcho } from "./manifests.ts";
import { watchPath } from "./watchPath.ts";

let home: string;
let lab: Lab;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-traffic-"));
  lab = await startLab({ home, clusters: 3 });
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

const clusters = ["cluster1", "cluster2", "cluster3"];
const sameName = "helloworld.sample:5000";

async function apply(folder: string): Promise<void> {
  const applied = await isthmus(folder, lab.kubeconfig, "apply", "--yes", "--allow-mass-delete");
  expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0);
  await lab.refreshDns();
}

/** How often each version answers `count` calls, each on a connection of its own. */
async function versions(host: string, count: number, pod = "sample/sleep"): Promise<Readonly<Record<string, number>>> {
  const script = `for i in $(seq ${count}); do curl -s -m 5 http://${host}/hello || echo failed; done`;
  const { stdout } = await lab.exec("cluster1", pod, ["bash", "-c", script]);
  const found: Record<string, number> = {};
  for (const line of stdout.split("\n")) {
    const version = /version: (v\d)/.exec(line)?.[1] ?? (line === "" ? undefined : "failed");
    if (version !== undefined) found[version] = (found[version] ?? 0) + 1;
  }
  return found;
}

/** Three standard deviations of a binomial distribution. */
function tolerance(count: number, percent: number): number {
  const share = percent / 100;
  return 3 * Math.sqrt(count * share * (1 - share));
}

async function change(folder: string, file: string, from: string | RegExp, to: string): Promise<void> {
  const text = await readFile(join(folder, file), "utf8");
  expect(text).toMatch(from);
  await writeFile(join(folder, file), text.replace(from, to));
}

test("a split of 50:50, then 80:20, is what 1,000 calls get; applied twice writes nothing, removal leaves nothing", async () => {
  const folder = await prepareExample(lab, "helloworld-split");
  const before = await Promise.all(clusters.map((cluster) => foreignObjects(lab, cluster)));
  const analysis = await Promise.all(clusters.map((cluster) => analyze(lab, cluster)));

  await apply(folder);
  await waitFor(
    "both versions",
    async () =>
      Object.keys(await versions(sameName, 4))
        .sort()
        .join() === "v1,v2",
  );
  const half = await versions(sameName, 1000);
  console.info("50:50", half);
  const since = new Date();
  await apply(folder);
  const writes = await Promise.all(clusters.map((cluster) => lab.writes(cluster, { since })));
  const verified = await isthmus(folder, lab.kubeconfig, "verify");
  const analysisAfter = await Promise.all(clusters.map((cluster) => analyze(lab, cluster)));
  await change(folder, "helloworld.yaml", "weight: 50", "weight: 80");
  await change(folder, "helloworld.yaml", "weight: 50", "weight: 20");
  const path = watchPath(lab, "cluster1", "sample/sleep", `http://${sameName}/hello`);
  await apply(folder);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const moved = await path.stop();
  const most = await versions(sameName, 1000);
  console.info("80:20", most);
  for (const file of await readdir(folder)) if (file !== "mesh.yaml") await rm(join(folder, file));
  await apply(folder);

  expect(Math.abs((half.v1 ?? 0) - 500)).toBeLessThan(tolerance(1000, 50));
  expect((half.v1 ?? 0) + (half.v2 ?? 0)).toBe(1000);
  expect(Math.abs((most.v1 ?? 0) - 800)).toBeLessThan(tolerance(1000, 80));
  expect((most.v1 ?? 0) + (most.v2 ?? 0)).toBe(1000);
  expect(moved.failures).toEqual([]);
  expect(verified.exitCode, verified.stdout + verified.stderr).toBe(0);
  expect(writes).toEqual([[], [], []]);
  expect(analysisAfter).toEqual(analysis);
  for (const cluster of clusters) expect(await ourObjects(lab, cluster)).toEqual([]);
  expect(await Promise.all(clusters.map((cluster) => foreignObjects(lab, cluster)))).toEqual(before);
});

test("a split holds for TCP connections as well", async () => {
  await lab.apply("cluster1", tcpEcho("sample"));
  await lab.apply("cluster2", tcpEcho("sample"));
  const folder = await prepareExample(lab, "helloworld-split");
  await change(folder, "helloworld.yaml", /name: helloworld/, "name: tcp-echo");
  await change(folder, "helloworld.yaml", "weight: 50", "weight: 70");
  await change(folder, "helloworld.yaml", "weight: 50", "weight: 30");
  await apply(folder);
  const script = (count: number) =>
    `for i in $(seq ${count}); do exec 3<>/dev/tcp/tcp-echo.sample/9000; echo world >&3; head -n 1 <&3; exec 3>&-; done`;
  const host = "outbound|9000||tcp-echo.sample.svc.cluster.local";
  const connections = async () => {
    const text = await lab.envoyAdmin("cluster1", "sample/sleep", "/clusters");
    const lines = text.split("\n").filter((line) => line.startsWith(`${host}::`) && line.includes("::cx_total::"));
    const count = (remote: boolean) =>
      lines
        .filter((line) => line.includes(":32001::") === remote)
        .reduce((sum, line) => sum + Number(line.split("::").at(-1)), 0);
    return { local: count(false), remote: count(true) };
  };
  await waitFor("both clusters", async () => {
    await lab.exec("cluster1", "sample/sleep", ["bash", "-c", script(4)]);
    const { local, remote } = await connections();
    return local > 0 && remote > 0;
  });

  const before = await connections();
  const { stdout } = await lab.exec("cluster1", "sample/sleep", ["bash", "-c", script(1000)]);
  const after = await connections();

  const made = { local: after.local - before.local, remote: after.remote - before.remote };
  console.info("TCP 70:30", made);
  expect(stdout).toBe("hello world\n".repeat(1000));
  expect(made.local + made.remote).toBe(1000);
  expect(Math.abs(made.local - 700)).toBeLessThan(tolerance(1000, 70));
});

test("failover: calls stay near, go to the other cluster while the local app is down, and come back", async () => {
  const folder = await prepareExample(lab, "failover");
  await apply(folder);
  await waitFor("local answers only", async () => (await versions(sameName, 20)).v1 === 20);

  await lab.stopPod("cluster1", "sample/helloworld-v1");
  const during = await versions(sameName, 200);
  await lab.startPod("cluster1", "sample/helloworld-v1");
  await waitFor("calls to come back", async () => (await versions(sameName, 20)).v1 === 20);

  console.info("failover", during);
  expect(during.v2).toBeGreaterThanOrEqual(195);
});

test("mesh-name: one name for two clusters, and a cluster is drained and comes back without a failed call", async () => {
  const folder = await prepareExample(lab, "mesh-name");
  const host = "helloworld.greet.mesh:5000";
  await apply(folder);
  await lab.curlUntil("cluster1", "greet/sleep", `http://${host}/hello`, 200);
  const both = await versions(host, 100, "greet/sleep");
  const analysis = await analyze(lab, "cluster1");

  const callers = startCallers(lab, { cluster: "cluster1", pod: "greet/sleep", url: `http://${host}/hello` });
  await change(folder, "mesh.yaml", /name: cluster2\nspec:/, "name: cluster2\nspec:\n  drain: true");
  await apply(folder);
  await waitFor("no call to the drained cluster", async () => (await versions(host, 20, "greet/sleep")).v2 === 20);
  const drained = await versions(host, 100, "greet/sleep");
  const verified = await isthmus(folder, lab.kubeconfig, "verify");
  await change(folder, "mesh.yaml", "  drain: true\n", "");
  await apply(folder);
  await waitFor("calls to both again", async () => ((await versions(host, 20, "greet/sleep")).v1 ?? 0) > 0);
  const { calls, failures } = await callers.stop();

  console.info("mesh", both, "drained", drained, "calls under load", calls);
  expect((both.v1 ?? 0) + (both.v2 ?? 0)).toBe(100);
  expect(both.v1).toBeGreaterThan(0);
  expect(both.v2).toBeGreaterThan(0);
  expect(drained).toEqual({ v2: 100 });
  expect(verified.exitCode, verified.stdout + verified.stderr).toBe(0);
  expect(failures).toEqual([]);
  expect(calls).toBeGreaterThan(500);
  expect(analysis.filter((line) => line.includes("mesh-"))).toEqual([]);
});

test("weights hold where the caller's own cluster serves a Mesh name, and istiod takes every setting", async () => {
  const folder = await prepareExample(lab, "helloworld-split");
  const settings = {
    outlierDetection: {
      consecutive5xxErrors: 0,
      consecutiveGatewayErrors: 5,
      interval: "500ms",
      baseEjectionTime: "1m",
      maxEjectionPercent: 50,
      minHealthPercent: 0,
    },
    connectionPool: {
      tcp: { maxConnections: 100, connectTimeout: "3s", maxConnectionDuration: "1h", idleTimeout: "30m" },
      http: {
        http1MaxPendingRequests: 100,
        http2MaxRequests: 100,
        maxRequestsPerConnection: 10,
        maxRetries: 3,
        idleTimeout: "5m",
        maxConcurrentStreams: 100,
      },
    },
  };
  const balancers = [
    { simple: "ROUND_ROBIN" },
    { simple: "LEAST_REQUEST" },
    { simple: "RANDOM" },
    { consistentHash: { httpHeaderName: "x-user" } },
    { consistentHash: { httpQueryParameterName: "user" } },
    { consistentHash: { useSourceIp: true } },
  ];
  await change(folder, "helloworld.yaml", "[SameName]", "[PerCluster, SameName, Mesh]");
  await change(folder, "helloworld.yaml", "weight: 50", "weight: 80");
  await change(folder, "helloworld.yaml", "weight: 50", "weight: 20");
  const text = await readFile(join(folder, "helloworld.yaml"), "utf8");

  for (const loadBalancer of balancers) {
    const more = Object.entries({ ...settings, loadBalancer }).map(
      ([key, value]) => `    ${key}: ${JSON.stringify(value)}\n`,
    );
    await writeFile(join(folder, "helloworld.yaml"), text + more.join(""));
    await apply(folder);
    expect((await isthmus(folder, lab.kubeconfig, "diff")).exitCode).toBe(0);
  }
  await writeFile(join(folder, "helloworld.yaml"), text);
  await apply(folder);
  await lab.curlUntil("cluster1", "sample/sleep", "http://helloworld.sample.mesh:5000/hello", 200);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const found = await versions("helloworld.sample.mesh:5000", 1000);

  console.info("Mesh 80:20, own cluster included", found);
  expect((found.v1 ?? 0) + (found.v2 ?? 0)).toBe(1000);
  expect(Math.abs((found.v1 ?? 0) - 800)).toBeLessThan(tolerance(1000, 80));
});
