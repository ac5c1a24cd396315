import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Authority, createAuthority, issueCertificate } from "../src/certificates.ts";
import { type KubeObject, type Lab, startLab, waitFor } from "../src/index.ts";
import { analyze, foreignObjects, ourObjects } from "./clusterState.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";
import { namespace, sleep } from "./manifests.ts";
import { askFromOutside, clientArgs, saveClient } from "./outsideClient.ts";
import { ownTls, startOwnTls } from "./ownTls.ts";

/** What users have in place of our declarations or Istio's kinds: the Gateway API, and intents of EMCO. */
let home: string;
let files: string;
let lab: Lab;
let authority: Authority;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-gateway-api-"));
  files = await mkdtemp(join(tmpdir(), "isthmus-gateway-api-files-"));
  lab = await startLab({ home, clusters: 2 });
  authority = await createAuthority("CN=outside");
  await writeFile(join(files, "ca.crt"), authority.certificate);
  await saveClient(files, "right", authority, "client.example.com");
  await saveClient(files, "other-name", authority, "other.example.com");
  await saveClient(files, "other-ca", await createAuthority("CN=somebody else"), "client.example.com");
  const { certificate, key } = await issueCertificate(authority, {
    subject: "CN=server",
    names: ["httpbin.example.com"],
  });
  for (const cluster of ["cluster1", "cluster2"]) {
    await lab.apply(cluster, [
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "httpbin-credential", namespace: "istio-system" },
        type: "kubernetes.io/tls",
        stringData: { "tls.crt": certificate, "tls.key": key, "ca.crt": authority.certificate },
      } as KubeObject,
    ]);
  }
});

afterAll(async () => {
  await lab?.down();
  for (const folder of [home, files]) await rm(folder, { recursive: true, force: true });
});

/** As a client outside the clusters sees it at a gateway's node port. */
const ask = (cluster: string, url: string, client?: string) =>
  askFromOutside(
    ...([lab, cluster, url, "--cacert", join(files, "ca.crt")] as const),
    ...(client === undefined ? [] : clientArgs(files, client)),
  );

const until = (answer: string, cluster: string, url: string, client?: string) =>
  waitFor(`${answer} from ${url}`, async () => (await ask(cluster, url, client)) === answer);

const guarded = "https://httpbin.example.com/status/418";
const open = "http://plain.example.com/status/418";

/** Ends what is started with its signal at the end of a test. */
function stoppable() {
  return {
    controller: new AbortController(),
    [Symbol.dispose]() {
      this.controller.abort();
    },
  };
}

const passthrough = `
apiVersion: isthmus.io/v1alpha1
kind: ExternalAccess
metadata: {name: own, namespace: box}
spec:
  hosts: [own.example.com]
  port: 8443
  clusters: [cluster1]
  tls: {mode: Passthrough}
`;

test("gateway-api: mutual TLS, plain HTTP and passthrough by Gateway API objects alone; then Istio's for what they cannot say", async () => {
  using server = stoppable();
  const folder = await prepareExample(lab, "gateway-api");
  await lab.apply("cluster1", [namespace("box", { "istio-injection": "enabled" }), ...sleep("box"), ownTls()]);
  await startOwnTls(lab, authority, files, server.controller.signal);
  await writeFile(join(folder, "own.yaml"), passthrough);
  const foreignBefore = await foreignObjects(lab, "cluster1");
  const analysisBefore = await analyze(lab, "cluster1");
  const apply = () => isthmus(folder, lab.kubeconfig, "apply", "--yes", "--allow-mass-delete");

  const applied = await apply();
  expect(applied.exitCode, applied.stderr).toBe(0);

  await until("418 2", "cluster1", guarded, "right");
  expect(await ask("cluster1", guarded)).toBe("refused");
  expect(await ask("cluster1", guarded, "other-ca")).toBe("refused");
  await until("418 1.1", "cluster1", open);
  await until(`301 1.1 ${guarded}`, "cluster1", "http://httpbin.example.com/status/418");
  await until("200 1", "cluster1", "https://own.example.com/");
  expect((await ourObjects(lab, "cluster1")).map((line) => line.split(" ")[0]).sort()).toEqual([
    ...["Gateway", "Gateway", "Gateway", "Gateway", "HTTPRoute", "HTTPRoute", "HTTPRoute", "TLSRoute"],
  ]);
  expect(await analyze(lab, "cluster1")).toEqual(analysisBefore);

  const since = new Date();
  expect((await apply()).exitCode).toBe(0);
  expect((await isthmus(folder, lab.kubeconfig, "diff")).exitCode).toBe(0);
  // Whether anything listens at a port that no container declares is not on paper.
  const verified = await isthmus(folder, lab.kubeconfig, "verify");
  expect(verified.exitCode, verified.stdout).toBe(2);
  expect(verified.stdout).toMatch(/call .*no container of pod box\/sleep-1 declares port 8443/);
  expect(verified.stdout).toMatch(/^4 paths: 3 in place, 0 broken, 1 unknown\.$/m);
  expect(await lab.writes("cluster1", { since })).toEqual([]);

  const declared = await readFile(join(folder, "httpbin.yaml"), "utf8");
  const narrowed = "mode: Mutual\n    clients: {subjectAltNames: [client.example.com]}";
  await writeFile(join(folder, "httpbin.yaml"), declared.replace("mode: Mutual", narrowed));
  const changed = await apply();
  expect(changed.stderr).toContain("warning[EMIT_FALLBACK]");
  await until("refused", "cluster1", guarded, "other-name");
  await until("418 2", "cluster1", guarded, "right");
  await until("418 1.1", "cluster1", open);

  for (const file of ["httpbin.yaml", "own.yaml"]) await rm(join(folder, file));
  const removed = await apply();
  expect(removed.exitCode, removed.stderr).toBe(0);
  expect(await ourObjects(lab, "cluster1")).toEqual([]);
  expect(await foreignObjects(lab, "cluster1")).toEqual(foreignBefore);
});

test("a Gateway of the user's for our host and port: the younger of the two is as if not there, and a Problem tells", async () => {
  const folder = await prepareExample(lab, "gateway-api");
  const mesh = await readFile(join(folder, "mesh.yaml"), "utf8");
  await writeFile(join(folder, "mesh.yaml"), mesh.replace("emit: GatewayApi", "emit: Istio"));
  const applied = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  expect(applied.exitCode, applied.stderr).toBe(0);
  await until("418 2", "cluster1", guarded, "right");
  const theirs: KubeObject = {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name: "theirs", namespace: "istio-system" },
    spec: {
      gatewayClassName: "istio",
      addresses: [{ type: "Hostname", value: "istio-ingressgateway" }],
      listeners: ["httpbin", "theirs"].map((name) => ({
        name,
        port: 443,
        protocol: "HTTPS",
        hostname: `${name}.example.com`,
        tls: { certificateRefs: [{ name: "httpbin-credential" }] },
      })),
    },
  };

  await lab.apply("cluster1", [theirs]);
  const listeners = () =>
    lab.envoyAdmin("cluster1", "istio-system/istio-ingressgateway", "/config_dump?resource=dynamic_listeners");
  await waitFor("their other host", async () => (await listeners()).includes("theirs.example.com"));
  const beside = [await ask("cluster1", guarded, "right"), await ask("cluster1", guarded)];
  const refused = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  await lab.remove("cluster1", [theirs]);
  await rm(join(folder, "httpbin.yaml"));
  const removed = await isthmus(folder, lab.kubeconfig, "apply", "--yes", "--allow-mass-delete");

  expect(beside).toEqual(["418 2", "refused"]);
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("GATEWAY_HOST_CONFLICT")]);
  expect(removed.exitCode, removed.stderr).toBe(0);
});

const mcs = `
apiVersion: isthmus.io/v1alpha1
kind: Mesh
metadata: {name: mesh}
spec: {mcs: {namespaces: [box]}}
---
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: cluster1}
---
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: cluster2}
`;

test("a TLSRoute leads streams that the workload itself ends to a ServiceImport of another cluster", async () => {
  using server = stoppable();
  const folder = await mkdtemp(join(tmpdir(), "isthmus-tls-route-"));
  await writeFile(join(folder, "mesh.yaml"), mcs);
  const injected = { "istio-injection": "enabled" };
  await lab.apply("cluster1", [namespace("box", injected), ...sleep("box"), ownTls()]);
  await lab.apply("cluster2", [namespace("box", injected), ...sleep("box")]);
  await startOwnTls(lab, authority, files, server.controller.signal);
  const exported: KubeObject = {
    apiVersion: "multicluster.x-k8s.io/v1alpha1",
    kind: "ServiceExport",
    metadata: { name: "own", namespace: "box" },
  };
  const front: KubeObject = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "front", namespace: "box" },
    spec: { ports: [{ name: "tls", port: 8443 }] },
  };
  const route: KubeObject = {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "TLSRoute",
    metadata: { name: "front", namespace: "box" },
    spec: {
      parentRefs: [{ group: "", kind: "Service", name: "front" }],
      hostnames: ["own.example.com"],
      rules: [{ backendRefs: [{ group: "multicluster.x-k8s.io", kind: "ServiceImport", name: "own", port: 8443 }] }],
    },
  };
  await lab.apply("cluster1", [exported]);
  await lab.apply("cluster2", [front, route]);

  const applied = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  expect(applied.exitCode, applied.stderr).toBe(0);

  await lab.refreshDns();
  const args = ["--cacert", join(files, "ca.crt"), "--connect-to", "own.example.com:8443:front.box:8443"];
  await waitFor("the workload's own certificate", async () => {
    const { status } = await lab.curl("cluster2", "box/sleep", "https://own.example.com:8443/", { args });
    return status === 200;
  });
  await lab.remove("cluster1", [exported]);
  const removed = await isthmus(folder, lab.kubeconfig, "apply", "--yes", "--allow-mass-delete");
  expect(removed.exitCode, removed.stderr).toBe(0);
  await lab.remove("cluster2", [route, front]);
});

test("emco-import: what is made of EMCO's intents carries the calls that EMCO's did, and no others", async () => {
  const example = new URL("../../examples/emco-import/", import.meta.url).pathname;
  await prepareExample(lab, "emco-import");
  const clusters = ["cluster1", "cluster2"];
  const before = await Promise.all(clusters.map((cluster) => foreignObjects(lab, cluster)));
  const analysis = await Promise.all(clusters.map((cluster) => analyze(lab, cluster)));
  const declared = join(files, "declared.yaml");
  const run = (...args: readonly string[]) => isthmus(example, lab.kubeconfig, "-f", declared, ...args);
  const imported = await isthmus(example, lab.kubeconfig, "import", "emco", "intents.emco", "--out", declared);
  expect(imported.exitCode, imported.stderr).toBe(0);

  const applied = await run("apply", "--yes", "--allow-mass-delete");
  expect(applied.exitCode, applied.stderr).toBe(0);

  const name = "http://httpbin.bar.provider1.cluster2:8000";
  await lab.curlUntil("cluster1", "foo/sleep", `${name}/get`, 200);
  await lab.curlUntil("cluster1", "foo/sleep", `${name}/headers`, 403);
  await until("418 2", "cluster2", guarded, "right");
  expect(await ask("cluster2", guarded)).toBe("refused");
  expect((await run("verify")).exitCode).toBe(0);
  expect(await Promise.all(clusters.map((cluster) => analyze(lab, cluster)))).toEqual(analysis);

  const since = new Date();
  expect((await run("apply", "--yes")).exitCode).toBe(0);
  expect(await Promise.all(clusters.map((cluster) => lab.writes(cluster, { since })))).toEqual([[], []]);

  const text = await readFile(declared, "utf8");
  const left = text.split("---\n").filter((part) => /kind: Mesh/.test(part));
  await writeFile(declared, left.join("---\n"));
  expect((await run("apply", "--yes", "--allow-mass-delete")).exitCode).toBe(0);
  expect(await Promise.all(clusters.map((cluster) => ourObjects(lab, cluster)))).toEqual([[], []]);
  expect(await Promise.all(clusters.map((cluster) => foreignObjects(lab, cluster)))).toEqual(before);
});
