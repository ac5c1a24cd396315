import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type KubeObject, type Lab, startLab, waitFor } from "../src/index.ts";
import { type Answers, type CallOptions, callMany, startCallers, tolerance } from "./callers.ts";
import { analyze, foreignObjects, ourObjects } from "./clusterState.ts";
import { change, prepareExample, undeclare } from "./example.ts";
import { isthmus } from "./isthmus.ts";
import { httpbin, namespace } from "./manifests.ts";

let home: string;
let lab: Lab;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-routes-"));
  lab = await startLab({ home, clusters: 3 });
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

const clusters = ["cluster1", "cluster2", "cluster3"];
const sample = { cluster: "cluster1", pod: "sample/sleep", url: "http://helloworld.sample:5000/hello" };
const greet = { cluster: "cluster1", pod: "greet/sleep", url: "http://helloworld.greet.mesh:5000/hello" };

async function apply(folder: string): Promise<void> {
  const applied = await isthmus(folder, lab.kubeconfig, "apply", "--yes", "--allow-mass-delete");
  expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0);
  await lab.refreshDns();
}

/** What nobody but us sees: the state of all clusters but for our objects. */
async function surroundings() {
  return {
    objects: await Promise.all(clusters.map((cluster) => foreignObjects(lab, cluster))),
    analysis: await Promise.all(clusters.map((cluster) => analyze(lab, cluster))),
  };
}

/** Applied twice writes nothing, verify agrees, and `istioctl analyze` has nothing to say that it did not say before. */
async function expectSettled(folder: string, before: Awaited<ReturnType<typeof surroundings>>): Promise<void> {
  const since = new Date();
  await apply(folder);
  const writes = await Promise.all(clusters.map((cluster) => lab.writes(cluster, { since })));
  const verified = await isthmus(folder, lab.kubeconfig, "verify");
  const { analysis } = await surroundings();
  expect(verified.exitCode, verified.stdout + verified.stderr).toBe(0);
  expect(writes).toEqual([[], [], []]);
  expect(analysis).toEqual(before.analysis);
}

async function expectNothingLeft(folder: string, before: Awaited<ReturnType<typeof surroundings>>): Promise<void> {
  await undeclare(folder);
  await apply(folder);
  for (const cluster of clusters) expect(await ourObjects(lab, cluster)).toEqual([]);
  expect((await surroundings()).objects).toEqual(before.objects);
}

function expectShares({ calls, versions, failures }: Answers, percent: Readonly<Record<string, number>>): void {
  expect(failures).toEqual([]);
  expect(Object.keys(versions).sort()).toEqual(Object.keys(percent).sort());
  for (const [version, share] of Object.entries(percent)) {
    expect(Math.abs((versions[version] ?? 0) - (calls * share) / 100)).toBeLessThanOrEqual(tolerance(calls, share));
  }
}

/** Calls that the sidecar made to hosts whose Envoy cluster has this name. */
async function requestsTo(pod: string, host: string): Promise<number> {
  const text = await lab.envoyAdmin("cluster1", pod, "/clusters");
  return text
    .split("\n")
    .filter((line) => line.startsWith(`outbound|`) && line.includes(`||${host}::`) && line.includes("::rq_total::"))
    .reduce((sum, line) => sum + Number(line.split("::").at(-1)), 0);
}

test("versions: 1,000 calls by version and cluster, moved and drained without a failed call, and nothing is left", async () => {
  const folder = await prepareExample(lab, "versions");
  const before = await surroundings();
  await apply(folder);
  await waitFor("both versions", async () => Object.keys((await callMany(lab, sample, 40)).versions).length === 2);

  const far = await requestsTo(sample.pod, "v1.helloworld.sample.cluster2");
  const first = await callMany(lab, sample, 1000);
  const farther = (await requestsTo(sample.pod, "v1.helloworld.sample.cluster2")) - far;
  await expectSettled(folder, before);
  const load = startCallers(lab, sample);
  // v2 is left out, comes back with other weights, its cluster is drained, and then there is no split.
  await change(folder, "helloworld.yaml", /weight: 20\n[\s\S]*weight: 30/, "weight: 50");
  await apply(folder);
  const without = await callMany(lab, sample, 100);
  await change(
    folder,
    "helloworld.yaml",
    /weight: 50\n([\s\S]*)weight: 50/,
    "weight: 20\n$1weight: 10\n      - cluster: cluster2\n        labels:\n          version: v2\n        weight: 70",
  );
  await apply(folder);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const second = await callMany(lab, sample, 1000);
  await change(folder, "mesh.yaml", /name: cluster2\nspec:/, "name: cluster2\nspec:\n  drain: true");
  await apply(folder);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const drained = await callMany(lab, sample, 100);
  await change(folder, "mesh.yaml", "  drain: true\n", "");
  await apply(folder);
  await change(folder, "helloworld.yaml", / {2}traffic:[\s\S]*/, "");
  await apply(folder);
  await change(folder, "mesh.yaml", /name: cluster2\nspec:/, "name: cluster2\nspec:\n  drain: true");
  await apply(folder);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const unsplit = await callMany(lab, sample, 100);
  const { calls, failures } = await load.stop();

  console.info(
    "versions",
    first.versions,
    "v1 in cluster2",
    farther,
    "then",
    second.versions,
    "calls under load",
    calls,
  );
  expectShares(first, { v1: 70, v2: 30 });
  expect(Math.abs(farther - 200)).toBeLessThanOrEqual(tolerance(1000, 20));
  expect(without.versions).toEqual({ v1: 100 });
  expectShares(second, { v1: 30, v2: 70 });
  expect(drained.versions).toEqual({ v1: 100 });
  expect(unsplit.versions).toEqual({ v1: 100 });
  expect(failures).toEqual([]);
  expect(calls).toBeGreaterThan(1000);
  await expectNothingLeft(folder, before);
});

function echo(version: string): KubeObject[] {
  const labels = { app: "tcp-echo", version };
  const container = {
    name: "tcp-echo",
    image: "lab/tcp-echo",
    args: ["9000", version],
    ports: [{ containerPort: 9000 }],
  };
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "tcp-echo", namespace: "sample" },
      spec: { selector: { app: "tcp-echo" }, ports: [{ name: "tcp", port: 9000, targetPort: 9000 }] },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: `tcp-echo-${version}`, namespace: "sample", labels },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    },
  ];
}

test("a split by version holds for TCP connections too, and for a client in the cluster that serves alone", async () => {
  await lab.apply("cluster1", [...echo("v1"), ...echo("v2")]);
  await lab.apply("cluster2", echo("v2"));
  const folder = await prepareExample(lab, "versions");
  await change(folder, "helloworld.yaml", /name: helloworld/, "name: tcp-echo");
  await change(
    folder,
    "helloworld.yaml",
    /cluster: cluster2\n([\s\S]*)version: v1/,
    "cluster: cluster1\n$1version: v2",
  );
  await apply(folder);
  const options = { ...sample, url: "tcp://tcp-echo.sample:9000" };
  await waitFor("both versions", async () => Object.keys((await callMany(lab, options, 40)).versions).length === 2);
  const both = await callMany(lab, options, 1000);
  await change(folder, "helloworld.yaml", "[cluster1, cluster2]", "[cluster1]");
  await change(folder, "helloworld.yaml", /weight: 20\n[\s\S]*weight: 30/, "weight: 50");
  await change(folder, "helloworld.yaml", "weight: 50", "weight: 90");
  await change(folder, "helloworld.yaml", "weight: 50", "weight: 10");
  await apply(folder);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const alone = await callMany(lab, options, 1000);

  console.info("TCP", both.versions, "alone", alone.versions);
  expectShares(both, { v1: 50, v2: 50 });
  expectShares(alone, { v1: 90, v2: 10 });
  await undeclare(folder);
  await apply(folder);
});

test("canary: headers choose a version or a cluster, all others the split; a cluster is drained without a failed call", async () => {
  const folder = await prepareExample(lab, "canary");
  const before = await surroundings();
  await apply(folder);
  await waitFor("the canary", async () => {
    const { versions } = await callMany(lab, { ...greet, headers: { "x-canary": "true" } }, 8);
    return versions.v2 === 8;
  });

  const canary = await callMany(lab, { ...greet, headers: { "x-canary": "true" } }, 100);
  const others = await callMany(lab, { ...greet, headers: { "x-canary": "truely" } }, 100);
  const [near, far] = await Promise.all(
    ["helloworld.greet.cluster2", "v1.helloworld.greet.cluster3"].map((host) => requestsTo(greet.pod, host)),
  );
  const tenant = await callMany(lab, { ...greet, headers: { "X-Tenant": "acme" } }, 100);
  const toCluster2 = (await requestsTo(greet.pod, "helloworld.greet.cluster2")) - (near ?? 0);
  await expectSettled(folder, before);
  const load = startCallers(lab, greet);
  const sticky = startCallers(lab, { ...greet, headers: { "x-tenant": "initech" } });
  await change(folder, "mesh.yaml", /name: cluster2\nspec:/, "name: cluster2\nspec:\n  drain: true");
  await apply(folder);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const during = await requestsTo(greet.pod, "helloworld.greet.cluster2");
  await callMany(lab, greet, 100);
  const drained = (await requestsTo(greet.pod, "helloworld.greet.cluster2")) - during;
  await change(folder, "mesh.yaml", "  drain: true\n", "");
  await apply(folder);
  const back = await waitFor("calls to cluster2 again", () => requestsTo(greet.pod, "helloworld.greet.cluster2"));
  const [loaded, stuck] = await Promise.all([load.stop(), sticky.stop()]);

  console.info("canary", canary.versions, others.versions, { near, far, toCluster2, back }, loaded, stuck);
  expect(canary.versions).toEqual({ v2: 100 });
  expect(others.versions).toEqual({ v1: 100 });
  expect(near).toBeGreaterThan(0);
  expect(far).toBeGreaterThan(0);
  expect(tenant.versions).toEqual({ v1: 100 });
  expect(toCluster2).toBe(100);
  expect(drained).toBe(0);
  expect(loaded.failures).toEqual([]);
  expect(stuck.failures).toEqual([]);
  expect(stuck.calls + loaded.calls).toBeGreaterThan(500);
  await expectNothingLeft(folder, before);
});

test("a slow call is ended in time, and a failed one tried again as often as asked", async () => {
  await prepareExample(lab, "versions");
  const folder = await mkdtemp(join(tmpdir(), "isthmus-retries-"));
  await lab.apply("cluster2", [namespace("bar", { "istio-injection": "enabled" }), ...httpbin("bar")]);
  const access = ["cluster1", "cluster2"].map((name) => ({
    apiVersion: "isthmus.io/v1alpha1",
    kind: "MeshCluster",
    metadata: { name },
    spec: { access: { context: name } },
  }));
  const shared = {
    apiVersion: "isthmus.io/v1alpha1",
    kind: "SharedService",
    metadata: { name: "httpbin", namespace: "bar" },
    spec: {
      servedBy: ["cluster2"],
      consumers: [{ clusters: ["cluster1"], namespaces: ["sample"] }],
      traffic: { timeout: "1s", retries: { attempts: 3, retryOn: "503" } },
    },
  };
  for (const [index, object] of [...access, shared].entries()) {
    await writeFile(join(folder, `${index}.yaml`), JSON.stringify(object, null, 2));
  }
  await apply(folder);
  const host = "httpbin.bar.cluster2";
  await lab.curlUntil("cluster1", sample.pod, `http://${host}:8000/get`, 200);
  await waitFor("the timeout", async () => {
    const { status } = await lab.curl("cluster1", sample.pod, `http://${host}:8000/delay/3`);
    return status === 504;
  });

  const slow = await lab.curl("cluster1", sample.pod, `http://${host}:8000/delay/3`);
  const before = await requestsTo(sample.pod, host);
  const failed = await lab.curl("cluster1", sample.pod, `http://${host}:8000/status/503`);
  const tries = (await requestsTo(sample.pod, host)) - before;
  const other = await lab.curl("cluster1", sample.pod, `http://${host}:8000/status/500`);
  const once = (await requestsTo(sample.pod, host)) - before - tries;

  expect([slow.status, failed.status, other.status]).toEqual([504, 503, 500]);
  expect(slow.seconds).toBeLessThan(2);
  expect([tries, once]).toEqual([4, 1]);
});

test("a mesh route of the user's does not merge with routes of ours: a Problem, and theirs counts once ours are gone", async () => {
  const folder = await prepareExample(lab, "versions");
  await apply(folder);
  await waitFor("both versions", async () => Object.keys((await callMany(lab, sample, 40)).versions).length === 2);
  const theirs: KubeObject = {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "theirs", namespace: "sample" },
    spec: {
      parentRefs: [{ group: "", kind: "Service", name: "helloworld" }],
      rules: [
        {
          filters: [
            {
              type: "RequestRedirect",
              requestRedirect: { path: { type: "ReplaceFullPath", replaceFullPath: "/theirs" } },
            },
          ],
        },
      ],
    },
  };
  await lab.apply("cluster1", [theirs]);
  await new Promise((resolve) => setTimeout(resolve, 2000));

  const beside = await callMany(lab, sample, 40);
  const refused = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  await undeclare(folder);
  await apply(folder);
  await lab.curlUntil("cluster1", sample.pod, sample.url, 302);
  await lab.remove("cluster1", [theirs]);

  expect(Object.keys(beside.versions).sort()).toEqual(["v1", "v2"]);
  expect(beside.failures).toEqual([]);
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("ROUTE_CONFLICT")]);
});

test("failover by region, for HTTP and TCP: own pods, then the region that is named, then the others, and back", async () => {
  const folder = await prepareRegions();
  const regions = { "eu-west": "region1", "us-east": "region2", "eu-central": "region3" };
  for (const file of ["helloworld.yaml", "tcp-echo.yaml"]) {
    for (const [name, inLab] of Object.entries(regions)) await change(folder, file, new RegExp(name, "g"), inLab);
  }
  const { analysis } = await surroundings();
  await apply(folder);

  const [http, tcp] = await failOver({ ...sample, url: "tcp://tcp-echo.sample:9000" });

  console.info("failover by region", http, tcp);
  expect(http.versions).toEqual(expect.objectContaining(everyVersion));
  expect(tcp.versions).toEqual(expect.objectContaining(everyVersion));
  expect([lostCalls(http), lostCalls(tcp)].filter((lost) => lost > bearable)).toEqual([]);
  const { objects } = await surroundings();
  await expectSettled(folder, { objects, analysis });
  await expectNothingLeft(folder, { objects, analysis });
}, 400_000);

test("an order of clusters: own pods, then the clusters as listed, and back", async () => {
  const folder = await prepareRegions();
  const order = "locality:\n      clusters: [cluster3, cluster2]\n";
  for (const file of ["helloworld.yaml", "tcp-echo.yaml"]) await change(folder, file, /locality:[\s\S]*/, order);
  await apply(folder);

  const [http] = await failOver(sample);

  console.info("failover by cluster", http);
  expect(http.versions).toEqual(expect.objectContaining(everyVersion));
  expect(lostCalls(http)).toBeLessThanOrEqual(bearable);
}, 400_000);

/** At each of four moves, for each of eight callers: the call under way, and one that outlier detection has to see fail. */
const bearable = 4 * 8 * 2;

function lostCalls({ calls, versions }: Answers): number {
  return calls - Object.values(versions).reduce((sum, count) => sum + count, 0);
}

/** The example, and none of the versions that other tests left in its clusters. */
async function prepareRegions(): Promise<string> {
  const deployment = (name: string) => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "sample" },
  });
  await lab.remove("cluster1", [deployment("tcp-echo-v2")]);
  await lab.remove("cluster2", [deployment("helloworld-v1")]);
  return prepareExample(lab, "failover-regions");
}

const everyVersion = { v1: expect.any(Number), v2: expect.any(Number), v3: expect.any(Number) };

/** Ends and starts the pods of cluster1 and cluster3 while calls to helloworld, and others, are made. */
async function failOver(others: CallOptions): Promise<readonly [Answers, Answers]> {
  const targets = [sample, others];
  const only = (version: string) => async () => {
    const answers = await Promise.all(targets.map((target) => callMany(lab, target, 40)));
    return answers.every(({ calls, versions }) => versions[version] === calls);
  };
  const each = (change: (pod: string) => Promise<unknown>, version: string) =>
    Promise.all(["helloworld", "tcp-echo"].map((app) => change(`sample/${app}-${version}`)));
  await waitFor("own answers only", only("v1"));
  const loads = targets.map((target) => startCallers(lab, target));

  await each((pod) => lab.stopPod("cluster1", pod), "v1");
  await waitFor("answers of the first in line", only("v3"));
  // Envoy merges changes of health within a second (update_merge_window): two deaths at once are another matter.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await each((pod) => lab.stopPod("cluster3", pod), "v3");
  await waitFor("answers of the second in line", only("v2"), { seconds: 120 });
  await each((pod) => lab.startPod("cluster3", pod), "v3");
  await waitFor("answers of the first in line again", only("v3"), { seconds: 120 });
  await each((pod) => lab.startPod("cluster1", pod), "v1");
  await waitFor("own answers again", only("v1"), { seconds: 120 });
  const [first, second] = await Promise.all(loads.map((load) => load.stop()));
  if (first === undefined || second === undefined) throw new Error("two loads give two answers");
  return [first, second];
}
