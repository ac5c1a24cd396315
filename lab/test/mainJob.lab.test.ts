import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab, waitFor } from "../src/index.ts";
import { analyze, foreignObjects, ourObjects } from "./clusterState.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";

let home: string;
let lab: Lab;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-main-job-"));
  lab = await startLab({ home, clusters: 2, nodes: 2 });
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

const clusters = ["cluster1", "cluster2"];

/** HTTP answers are awaited; a call that should fail must fail at once, since nothing was applied. */
const http = (cluster: string, from: string, url: string) => ({
  what: url,
  works: async () => (await lab.curlUntil(cluster, from, url, 200)).status === 200,
  answer: async () => (await lab.curl(cluster, from, url, { timeoutSeconds: 3 })).status,
});

const tcp = (cluster: string, from: string, host: string, port: number) => {
  const script = `exec 3<>/dev/tcp/${host}/${port}; echo world >&3; head -n 1 <&3`;
  const answer = async () => (await lab.exec(cluster, from, ["timeout", "5", "bash", "-c", script])).stdout;
  return {
    what: `tcp://${host}:${port}`,
    works: () => waitFor(`an echo from ${host}`, async () => (await answer()) === "hello world\n"),
    answer,
  };
};

const grpc = (cluster: string, from: string, host: string, port: number) => {
  // An empty message in gRPC framing; the call's status comes in the trailers.
  const script = `printf '\\0\\0\\0\\0\\0' | curl -s -m 3 --http2-prior-knowledge -X POST -H 'content-type: application/grpc' -H 'te: trailers' --data-binary @- -D - -o /dev/null http://${host}:${port}/lab.Echo/Call`;
  const answer = async () => (await lab.exec(cluster, from, ["bash", "-c", script])).stdout;
  return {
    what: `grpc://${host}:${port}`,
    works: () => waitFor(`a gRPC answer from ${host}`, async () => (await answer()).includes("grpc-status: 0")),
    answer,
  };
};

const cases = [
  { name: "sleep-httpbin", calls: () => [http("cluster1", "foo/sleep", "http://httpbin.bar.cluster2:8000/headers")] },
  {
    name: "several-ports",
    calls: () => [
      http("cluster1", "foo/sleep", "http://catalog.shop.cluster2:8000/get"),
      tcp("cluster1", "foo/sleep", "catalog.shop.cluster2", 9000),
      grpc("cluster1", "foo/sleep", "catalog.shop.cluster2", 7000),
    ],
  },
  {
    name: "two-tenants",
    calls: () => [
      http("cluster1", "foo/sleep", "http://httpbin.red.cluster2:8000/get"),
      http("cluster1", "foo/sleep", "http://httpbin.blue.cluster2:8000/get"),
    ],
  },
  {
    name: "same-name-import",
    calls: () => [http("cluster1", "foo/sleep", "http://httpbin.bar.svc.cluster.local:8000/headers")],
  },
];

test.each(cases)(
  "$name: unreachable before, reachable after, nothing to do again, nothing left after removal",
  async ({ name, calls }) => {
    const folder = await prepareExample(lab, name);
    const paths = calls();
    const foreignBefore = await Promise.all(clusters.map((cluster) => foreignObjects(lab, cluster)));
    const analysisBefore = await Promise.all(clusters.map((cluster) => analyze(lab, cluster)));
    for (const path of paths) expect(await path.answer(), path.what).not.toBe(200);

    const applied = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
    expect(applied.stderr + applied.stdout).not.toContain("error");
    expect(applied.exitCode).toBe(0);
    await lab.refreshDns();
    for (const path of paths) expect(await path.works(), path.what).toBe(true);
    const verified = await isthmus(folder, lab.kubeconfig, "verify");
    expect(verified.exitCode, verified.stderr).toBe(0);
    expect(await Promise.all(clusters.map((cluster) => analyze(lab, cluster)))).toEqual(analysisBefore);

    const since = new Date();
    const again = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
    expect(again.exitCode).toBe(0);
    expect((await isthmus(folder, lab.kubeconfig, "diff")).exitCode).toBe(0);
    for (const cluster of clusters) expect(await lab.writes(cluster, { since })).toEqual([]);

    await removeSharedServices(folder);
    const guarded = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
    expect(guarded.exitCode).toBe(1);
    expect(guarded.stderr).toContain("MASS_DELETE");
    const removed = await isthmus(folder, lab.kubeconfig, "apply", "--yes", "--allow-mass-delete");
    expect(removed.exitCode).toBe(0);
    await lab.refreshDns();
    for (const path of paths) {
      await waitFor(`${path.what} to be gone`, async () => ![200, "hello world\n"].includes(await path.answer()));
    }
    for (const cluster of clusters) expect(await ourObjects(lab, cluster)).toEqual([]);
    expect(await Promise.all(clusters.map((cluster) => foreignObjects(lab, cluster)))).toEqual(foreignBefore);
  },
);

async function removeSharedServices(folder: string): Promise<void> {
  for (const file of await readdir(folder)) if (file !== "mesh.yaml") await rm(join(folder, file));
}

test("a call goes through the gateway of the serving cluster with the consumer's identity", async () => {
  const folder = await prepareExample(lab, "sleep-httpbin");
  await isthmus(folder, lab.kubeconfig, "apply", "--yes");

  const { body } = await lab.curlUntil("cluster1", "foo/sleep", "http://httpbin.bar.cluster2:8000/headers", 200);
  const sni = "outbound_.8000_._.httpbin.bar.svc.cluster.local";
  const clusters = await lab.envoyAdmin("cluster2", "istio-system/istio-ingressgateway", `/clusters?filter=${sni}`);

  expect(body).toContain("By=spiffe://cluster.local/ns/bar/sa/httpbin");
  expect(body).toContain("URI=spiffe://cluster.local/ns/foo/sa/sleep");
  expect(clusters).toMatch(/::cx_total::[1-9]/);
});

test("another identity than the server's is refused on the wire; verify names it and apply fixes it", async () => {
  const folder = await prepareExample(lab, "sleep-httpbin");
  await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  const url = "http://httpbin.bar.cluster2:8000/headers";
  await lab.curlUntil("cluster1", "foo/sleep", url, 200);
  const [rule] = await lab.cluster("cluster1").api.list("/apis/networking.istio.io/v1/namespaces/foo/destinationrules");
  if (rule === undefined) throw new Error("no DestinationRule in foo");
  const changed = JSON.parse(JSON.stringify(rule).replaceAll("/ns/bar/sa/httpbin", "/ns/bar/sa/impostor"));
  const { managedFields: _managed, resourceVersion: _version, ...metadata } = changed.metadata;

  await lab.apply("cluster1", [{ ...changed, metadata }]);
  const refused = await lab.curlUntil("cluster1", "foo/sleep", url, 503);
  const verified = await isthmus(folder, lab.kubeconfig, "verify");
  const fixed = await isthmus(folder, lab.kubeconfig, "apply", "--yes");

  expect(refused.status).toBe(503);
  expect(verified.exitCode).toBe(1);
  expect(verified.stdout).toMatch(/identity +.*sa\/httpbin, and the caller accepts only .*impostor/);
  expect(fixed.exitCode, fixed.stderr).toBe(0);
  await lab.curlUntil("cluster1", "foo/sleep", url, 200);
});

test("same-name-merge: calls reach both clusters, and where no app is left they end instead of going to and fro", async () => {
  const folder = await prepareExample(lab, "same-name-merge");
  await isthmus(folder, lab.kubeconfig, "apply", "--yes", "--allow-mass-delete");
  const call = () => lab.curl("cluster1", "sample/sleep", "http://helloworld.sample:5000/hello", { timeoutSeconds: 3 });

  const versions = new Set<string>();
  await waitFor("both versions", async () => {
    const { body } = await call();
    versions.add(/version: (v\d)/.exec(body)?.[1] ?? "none");
    return versions.has("v1") && versions.has("v2");
  });
  await lab.stopPod("cluster1", "sample/helloworld-v1");
  await lab.stopPod("cluster2", "sample/helloworld-v2");
  const before = await gatewayConnections();
  const alone = await call();
  const made = (await gatewayConnections()) - before;
  await lab.startPod("cluster1", "sample/helloworld-v1");
  await lab.startPod("cluster2", "sample/helloworld-v2");

  expect(alone.status).toBe(503);
  expect(made).toBeLessThan(10);
});

/** Connections that the gateways have made to whatever they pass through to. */
async function gatewayConnections(): Promise<number> {
  const texts = await Promise.all(
    clusters.map((cluster) => lab.envoyAdmin(cluster, "istio-system/istio-ingressgateway", "/clusters")),
  );
  return texts
    .flatMap((text) => text.split("\n"))
    .filter((line) => line.startsWith("outbound_.") && line.includes("::cx_total::"))
    .reduce((sum, line) => sum + Number(line.split("::").at(-1)), 0);
}
