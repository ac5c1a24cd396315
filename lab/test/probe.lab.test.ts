import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab } from "../src/index.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";

let home: string;
let lab: Lab;
let folder: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-probe-"));
  lab = await startLab({ home, clusters: 2, nodes: 2 });
  folder = await prepareExample(lab, "sleep-httpbin");
  await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  await lab.curlUntil("cluster1", "foo/sleep", "http://httpbin.bar.cluster2:8000/get", 200);
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

interface Probed {
  readonly kind: string;
  readonly at: string;
  readonly status: string;
  readonly detail: string;
  readonly identity?: string;
  readonly container?: { readonly name: string; readonly added: boolean };
  readonly latency?: { readonly calls: number; readonly p50: number; readonly p99: number };
}

async function probe(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await isthmus(folder, lab.kubeconfig, "probe", "-o", "json", ...args);
  const { probes }: { readonly probes: readonly Probed[] } = JSON.parse(stdout);
  return { exitCode, probes, stderr, stdout };
}

const outcomes = (probes: readonly Probed[]) => probes.map(({ kind, status }) => `${kind}: ${status}`);

test("each gateway address answers under the consumer's identity, and refuses what it must", async () => {
  const { exitCode, probes } = await probe("--from-pod", "--count", "20");

  const addresses = [...new Set(probes.filter(({ kind }) => kind === "call").map(({ at }) => at))];
  expect(exitCode).toBe(0);
  expect(addresses).toHaveLength(2);
  const perAddress = ["call", "no certificate", "foreign authority", "foreign name", "plain text"];
  expect(outcomes(probes).toSorted()).toEqual(
    [...perAddress, ...perAddress, "call from pod"].map((kind) => `${kind}: ok`).toSorted(),
  );
  const call = probes.find(({ kind }) => kind === "call");
  expect(call).toMatchObject({
    identity: "spiffe://cluster.local/ns/foo/sa/sleep",
    detail: "200 from spiffe://cluster.local/ns/bar/sa/httpbin",
    latency: { calls: 20 },
  });
  expect(probes.find(({ kind }) => kind === "call from pod")).toMatchObject({ latency: { calls: 20 } });
});

test("neither the key nor the token of a probe is in any output", async () => {
  const { stdout, stderr } = await probe("-v");

  expect(`${stdout}${stderr}`).not.toMatch(/PRIVATE KEY|eyJ[A-Za-z0-9_-]{10}/);
});

test("without an identity the server is still known by its certificate, and the answer stays open", async () => {
  const { exitCode, probes } = await probe("--identity", "none", "--no-negatives");

  expect(exitCode).toBe(2);
  expect(outcomes(probes)).toEqual(["call: unknown", "call: unknown"]);
  expect(probes[0]?.detail).toContain("the right server, spiffe://cluster.local/ns/bar/sa/httpbin");
});

test("verify calls the path too: it stands, is broken on the wire alone, and stands again once that is fixed", async () => {
  const verify = (...args: readonly string[]) => isthmus(folder, lab.kubeconfig, "verify", ...args);
  const good = await verify("--probe", "-o", "junit");

  await lab.stopApps("cluster2", "bar/httpbin");
  const broken = await verify("-o", "json");
  const paper = await verify("--no-probe");
  const waiting = verify("--wait", "60s");
  await lab.startPod("cluster2", "bar/httpbin");
  const waited = await waiting;

  expect(good).toMatchObject({ exitCode: 0, stderr: "Calling 1 path …" });
  expect(good.stdout).toMatch(
    /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="isthmus verify" tests="1" failures="0" errors="0" skipped="0">\n/,
  );
  expect(good.stdout).toMatch(/✔ wire: \S+: 200 from spiffe:\/\/cluster.local\/ns\/bar\/sa\/httpbin in \d/);
  const [proof] = JSON.parse(broken.stdout).proofs;
  expect(broken.exitCode).toBe(1);
  expect(proof).toMatchObject({
    verdict: "broken",
    trace: { verdict: "reaches" },
    wire: { status: "broken", detail: expect.stringContaining("does not reach its app: 503") },
  });
  expect(proof.hops.map(({ status }: { readonly status: string }) => status)).not.toContain("broken");
  expect(paper.exitCode).toBe(0);
  expect(waited.exitCode, waited.stderr + waited.stdout).toBe(0);
  expect(waited.stdout).toContain("1 path, all hops in place; on the wire 1 answered.");
});

test("where the consumer's app has no curl, a container of its pod calls: added once, used again, and explained where it cannot be had", async () => {
  // The first consumer by name, of an image with no program but its own.
  const metadata = { name: "bare", namespace: "foo", labels: { app: "bare" } };
  const spec = { serviceAccountName: "sleep", containers: [{ name: "app", image: "pause:3.10" }] };
  await lab.apply("cluster1", [{ apiVersion: "v1", kind: "Pod", metadata, spec }]);
  const fromPod = async (...args: readonly string[]) => {
    const { exitCode, probes, stderr } = await probe("--no-negatives", ...args);
    const { at = "", status, detail = "", container } = probes.find(({ kind }) => kind === "call from pod") ?? {};
    return { exitCode, at, status, detail, container, stderr };
  };

  const own = await fromPod("--from-pod");
  const added = await fromPod("--ephemeral-container");
  const again = await fromPod("--ephemeral-container", "--count", "3");
  const noImage = await fromPod("--image", "nowhere/tools:1");

  expect(own).toMatchObject({ exitCode: 2, at: "foo/bare in cluster1", status: "unknown" });
  expect(own.detail).toMatch(/^container app has no curl: .*executable file not found.*--ephemeral-container adds one/);
  // The name resolves and leads to cluster2 only through the sidecar.
  expect(added).toMatchObject({ exitCode: 0, status: "ok", container: { name: "isthmus-probe", added: true } });
  expect(added.detail).toBe("answered 200, asked from container isthmus-probe");
  expect(added.stderr).toContain("Added container isthmus-probe to foo/bare in cluster1: it ends after an hour");
  expect(again).toMatchObject({ exitCode: 0, status: "ok", container: { name: "isthmus-probe", added: false } });
  expect(again.stderr).not.toContain("Added container");
  expect(noImage).toMatchObject({ exitCode: 2, status: "unknown" });
  expect(noImage.detail).toContain("container isthmus-probe-2 of foo/bare does not start: ErrImagePull");
  await lab.remove("cluster1", { apiVersion: "v1", kind: "Pod", name: "bare", namespace: "foo" });
});

test("an app that is down, a gateway that is down and a server without mutual TLS are found on the wire", async () => {
  const broken: Record<string, unknown> = {};

  await lab.stopApps("cluster2", "bar/httpbin");
  broken.app = (await probe("--no-negatives")).probes[0];
  await lab.startPod("cluster2", "bar/httpbin");

  await lab.stopPod("cluster2", "istio-system/istio-ingressgateway");
  broken.gateway = (await probe("--no-negatives")).probes[0];
  await lab.startPod("cluster2", "istio-system/istio-ingressgateway");

  const apiVersion = "security.istio.io/v1";
  const disabled = { apiVersion, kind: "PeerAuthentication", metadata: { name: "off", namespace: "bar" } };
  await lab.apply("cluster2", [{ ...disabled, spec: { mtls: { mode: "DISABLE" } } }]);
  await lab.curlUntil("cluster1", "foo/sleep", "http://httpbin.bar.cluster2:8000/get", 503);
  const plain = await probe();
  broken.plain = plain.probes[0];

  expect(plain.exitCode).toBe(1);
  expect(broken).toMatchObject({
    app: { status: "broken", detail: expect.stringContaining("does not reach its app: 503") },
    gateway: { status: "unknown", detail: expect.stringContaining("not reachable from here") },
    plain: { status: "broken" },
  });
});
