import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, LabError, startLab, toolPath, waitFor } from "../src/index.ts";
import { greeter, httpbin, namespace, recipeClient, recipeServer, sleep, tcpEcho } from "./manifests.ts";

let home: string;
let lab: Lab;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-lab-test-"));
  lab = await startLab({ home, clusters: 2, nodes: 2, outbound: "REGISTRY_ONLY" });
  await Promise.all([
    lab.apply("cluster1", [namespace("foo", { "istio-injection": "enabled" }), ...sleep("foo"), ...greeter("foo")]),
    lab.apply("cluster2", [namespace("bar", { "istio-injection": "enabled" }), ...httpbin("bar")]),
  ]);
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

test("a second lab in the same home is refused", async () => {
  await expect(startLab({ home })).rejects.toThrow(LabError);
});

test("a service of the same cluster answers by its name", async () => {
  const answer = await lab.curlUntil("cluster1", "foo/sleep", "http://helloworld.foo:5000/hello", 200);

  expect(answer).toMatchObject({ exitCode: 0, status: 200, body: "Hello version: v1, instance: helloworld-v1-1\n" });
});

test("a TCP service echoes lines with its prefix", async () => {
  await lab.apply("cluster1", tcpEcho("foo"));

  const script = "exec 3<>/dev/tcp/tcp-echo.foo/9000; echo world >&3; head -n 1 <&3";
  const answer = await waitFor("the sidecar to know tcp-echo", async () => {
    const result = await lab.exec("cluster1", "foo/sleep", ["timeout", "5", "bash", "-c", script]);
    return result.exitCode === 0 && result.stdout !== "" && result.stdout; // closed without an answer while Envoy learns
  });

  expect(answer).toBe("hello world\n");
});

test("a service of another cluster is out of reach until the recipe is applied, then mutual TLS leads to it", async () => {
  const url = "http://httpbin.bar.cluster2:8000/headers";
  const before = await lab.curl("cluster1", "foo/sleep", url, { timeoutSeconds: 3 });
  const since = new Date();

  await lab.apply("cluster2", recipeServer());
  await lab.apply("cluster1", recipeClient(lab.cluster("cluster2").nodes.map((node) => node.address)));
  const after = await lab.curlUntil("cluster1", "foo/sleep", url, 200);

  expect(before.status).toBe(0);
  expect(after.body).toContain("spiffe://cluster.local/ns/foo/sa/sleep");
  expect(await lab.writes("cluster1", { since })).toEqual([]);
  expect(await lab.writes("cluster1", { since, userAgent: "lab" })).toMatchObject([
    { resource: "serviceentries", name: "httpbin.bar.cluster2", code: 201 },
    { resource: "destinationrules", name: "httpbin.bar.cluster2", code: 201 },
  ]);
});

test("Envoy's access log and admin interface can be read", async () => {
  const entry = await waitFor("an access log entry", async () => {
    const entries = await lab.accessLog("cluster1", "foo/sleep");
    return entries.find((each) => each.authority === "httpbin.bar.cluster2:8000" && each.response_code === 200);
  });

  expect(entry.upstream_cluster).toContain("httpbin.bar.cluster2");
  expect(await lab.envoyAdmin("cluster1", "foo/sleep", "/clusters")).toContain("httpbin.bar.cluster2");
});

test("an API server reaches into pods as kubectl exec and port-forward do", async () => {
  const istioctl = (...args: string[]) => execa(toolPath("istioctl"), ["--kubeconfig", lab.kubeconfig, ...args]);

  const listeners = await istioctl("--context", "cluster1", "proxy-config", "listeners", "sleep-1.foo"); // exec
  const proxies = await istioctl("--context", "cluster1", "proxy-status"); // port-forward to istiod

  expect(listeners.stdout).toContain("15001");
  expect(proxies.stdout).toContain("sleep-1.foo");
});

test("a gateway that is stopped breaks the path, and started again fixes it", async () => {
  const url = "http://httpbin.bar.cluster2:8000/get";

  await lab.stopPod("cluster2", "istio-system/istio-ingressgateway");
  const broken = await lab.curl("cluster1", "foo/sleep", url, { timeoutSeconds: 3 });
  await lab.startPod("cluster2", "istio-system/istio-ingressgateway");

  expect(broken.status).not.toBe(200);
  await lab.curlUntil("cluster1", "foo/sleep", url, 200);
});

test("an API server that is stopped keeps its objects, and the mesh goes on meanwhile", async () => {
  await lab.stopApiServer("cluster2");
  const meanwhile = await lab.curl("cluster1", "foo/sleep", "http://httpbin.bar.cluster2:8000/get");
  const isReady = await lab.cluster("cluster2").api.isReady();
  await lab.startApiServer("cluster2");

  expect(meanwhile.status).toBe(200);
  expect(isReady).toBe(false);
  expect(await lab.cluster("cluster2").api.get("/api/v1/namespaces/bar/pods/httpbin-1")).toBeDefined();
});

test("a Deployment can be scaled and removed", async () => {
  await lab.apply("cluster1", greeter("foo", 3));
  const scaled = await lab.pods("cluster1");
  await lab.remove("cluster1", { apiVersion: "apps/v1", kind: "Deployment", namespace: "foo", name: "helloworld-v1" });
  const removed = await lab.pods("cluster1");

  const names = (pods: typeof scaled) => pods.map((pod) => pod.name).filter((name) => name.startsWith("hello"));
  expect(names(scaled)).toEqual(["helloworld-v1-1", "helloworld-v1-2", "helloworld-v1-3"]);
  expect(names(removed)).toEqual([]);
});

test("istiod refuses an object that is invalid", async () => {
  const invalid = recipeClient(["not an address"]);

  await expect(lab.apply("cluster1", invalid)).rejects.toThrow("denied the request");
});

test("an image that the lab does not know is refused before anything is made", async () => {
  const [, , deployment] = greeter("foo");
  const unknown = JSON.parse(JSON.stringify(deployment).replaceAll("examples-helloworld-v1", "mystery"));

  await expect(lab.apply("cluster1", [unknown])).rejects.toThrow("unknown to the lab");
});

test("down leaves no process, namespace or bridge", async () => {
  const { network } = lab.state;

  await lab.down();

  const [namespaces, links, processes] = await Promise.all([
    execa("ip", ["netns", "list"]),
    execa("ip", ["link", "show"]),
    execa("ps", ["axe", "-o", "command"]),
  ]);
  expect(namespaces.stdout).not.toContain(`lab${network}-`);
  expect(links.stdout).not.toContain(`lab${network}:`);
  expect(processes.stdout).not.toContain(`ISTHMUS_LAB=${home}`);
  await expect(readdir(home)).rejects.toThrow("ENOENT");
});
