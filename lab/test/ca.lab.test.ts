import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type GeneratedIstio, type Lab, startLab, waitFor } from "../src/index.ts";
import { inNamespace } from "../src/run.ts";
import { accountKubeconfig } from "./account.ts";
import { exampleFile, prepareExample } from "./example.ts";
import { istioOf, renderIstio } from "./generatedIstio.ts";
import { type CliResult, isthmus } from "./isthmus.ts";
import { askFromOutside } from "./outsideClient.ts";

const mesh = `
apiVersion: isthmus.io/v1alpha1
kind: Mesh
metadata: {name: mesh}
spec: {ca: {intermediate: {nameConstraints: true}}}
`;

let home: string;
let folder: string;
let lab: Lab;
let output = "";

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-ca-"));
  folder = await mkdtemp(join(tmpdir(), "isthmus-ca-user-"));
  const rendering = await mkdtemp(join(tmpdir(), "isthmus-ca-istio-"));
  const rendered = new Map<string, GeneratedIstio>();
  for (const cluster of ["cluster1", "cluster2"]) {
    rendered.set(cluster, istioOf(await renderIstio(cluster, rendering)));
  }
  await rm(rendering, { recursive: true });
  // Installed as `install-config` says; each istiod begins with a root of its own, as in a fresh installation.
  lab = await startLab({
    home,
    clusters: 2,
    roots: "separate",
    istio: (cluster) => rendered.get(cluster) ?? { mesh: "", env: {} },
  });
  process.env.ISTHMUS_CA_PASSPHRASE = "correct horse battery";
});

afterAll(async () => {
  delete process.env.ISTHMUS_CA_PASSPHRASE;
  await lab?.down();
  for (const each of [home, folder]) await rm(each, { recursive: true, force: true });
});

async function ca(...args: readonly string[]): Promise<CliResult> {
  const result = await isthmus(folder, lab.kubeconfig, "ca", ...args);
  output += result.stdout + result.stderr;
  return result;
}

/** What a workload shows to a caller without a certificate, as openssl sees it: its certificate and what it sends along. */
async function shownChain(cluster: string, workload: string): Promise<string> {
  const { address } = await lab.pod(cluster, workload);
  const client = ["openssl", "s_client", "-connect", `${address}:8000`, "-alpn", "istio", "-showcerts"];
  const [program = "", ...args] = inNamespace(lab.cluster(cluster).namespace, client);
  const { stdout } = await execa(program, args, { reject: false, stdin: "ignore", timeout: 20_000 });
  return stdout;
}

const ask = (...args: readonly string[]) =>
  askFromOutside(lab, "cluster2", "https://httpbin.example.com/status/418", ...args);

test("a mesh whose clusters trust nothing in common gets one root: calls cross, chains hold, clients come in by certificates of ours", async () => {
  folder = await prepareExample(lab, "sleep-httpbin");
  await writeFile(join(folder, "ca.yaml"), mesh);
  const access = await exampleFile("external-access-issued", "httpbin.yaml");
  await writeFile(join(folder, "access.yaml"), access.replace("clusters: [cluster1]", "clusters: [cluster2]"));

  // Where workloads run that trust another root, nothing is changed unless it is said.
  expect((await ca("init")).exitCode).toBe(0);
  const refused = await ca("issue", "--all");
  expect([refused.exitCode, refused.stderr.match(/error\[CA_ROOT_CHANGES\]/g)?.length]).toEqual([1, 2]);
  const issued = await ca("issue", "--all", "--replace-root");
  expect(issued.exitCode, issued.stderr).toBe(0);
  expect(issued.stderr.match(/warning\[ISTIOD_RESTART_NEEDED\]/g)).toHaveLength(2);

  for (const { name } of lab.clusters) {
    await lab.stopIstiod(name);
    await lab.startIstiod(name);
  }
  await waitFor(
    "istiod's new root in its ConfigMap",
    async () => (await ca("status")).stderr.includes("RESTART") === false,
    {
      seconds: 60,
    },
  );
  for (const { name } of lab.clusters) {
    const pods = (await lab.pods(name)).map((pod) => `${pod.namespace}/${pod.name}`);
    for (const pod of pods) {
      await lab.stopPod(name, pod);
      await lab.startPod(name, pod);
    }
  }
  const applied = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  expect(applied.exitCode, applied.stderr).toBe(0);
  await lab.curlUntil("cluster1", "foo/sleep", "http://httpbin.bar.cluster2:8000/headers", 200);

  // The CA itself is a consumer for a moment: what it signs directly, below the root, proxies take as they take a workload's.
  const probed = await isthmus(folder, lab.kubeconfig, "probe", "--identity", "ca", "-o", "json");
  output += probed.stdout + probed.stderr;
  const { probes }: { readonly probes: readonly object[] } = JSON.parse(probed.stdout);
  expect([probed.exitCode, probes.length], probed.stdout).toEqual([0, 5]);
  expect(probes[0]).toMatchObject({
    kind: "call",
    identity: "spiffe://cluster.local/ns/foo/sa/sleep",
    detail: "200 from spiffe://cluster.local/ns/bar/sa/httpbin",
  });

  // What workloads show holds for openssl under the root that we export, name constraints included.
  expect((await ca("export-trust", "--out", "roots.pem")).exitCode).toBe(0);
  const shown = await shownChain("cluster2", "bar/httpbin");
  await writeFile(join(folder, "shown.pem"), shown);
  const verify = ["verify", "-CAfile", "roots.pem", "-untrusted", "shown.pem", "shown.pem"];
  const { stdout: verified } = await execa("openssl", verify, { cwd: folder });
  const { stdout: text } = await execa("openssl", ["x509", "-in", "shown.pem", "-noout", "-ext", "subjectAltName"], {
    cwd: folder,
  });
  expect(verified).toBe("shown.pem: OK");
  expect(text).toContain("URI:spiffe://cluster.local/ns/bar/sa/httpbin");

  // The gateway is closed until its certificate is there.
  expect((await ca("init", "--external")).exitCode).toBe(0);
  for (const [name, san] of [
    ["alice", "alice.example.com"],
    ["bob", "bob.example.com"],
  ] as const) {
    expect((await ca("issue-client", name, "--san", san)).exitCode).toBe(0);
  }
  const fileOf = (name: string, file: string) => join(folder, name, file);
  const as = (name: string) => [
    ...["--cacert", fileOf(name, "ca.crt")],
    ...["--cert", fileOf(name, "tls.crt"), "--key", fileOf(name, "tls.key")],
  ];
  expect(await ask(...as("alice"))).toBe("refused");
  const external = await ca("issue", "--all", "--external");
  expect(external.exitCode, external.stderr).toBe(0);
  await waitFor("418 from outside", async () => (await ask(...as("alice"))) === "418 2");
  expect(await ask(...as("bob"))).toBe("refused");
  expect(await ask("--cacert", fileOf("alice", "ca.crt"))).toBe("refused");

  // All is well, a second run writes nothing, and a Secret that somebody else made is left alone.
  const status = await ca("status");
  expect([status.exitCode, status.stderr]).toEqual([0, ""]);
  const since = new Date();
  const again = [await ca("issue", "--all"), await ca("issue", "--all", "--external")];
  expect(again.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  const writes = await Promise.all(lab.clusters.map(({ name }) => lab.writes(name, { since })));
  expect(writes.flat()).toEqual([]);
});

test("a Secret that somebody else made is taken over only when told, and then holds nothing of theirs", async () => {
  const { api } = lab.cluster("cluster1");
  await api.remove({ apiVersion: "v1", kind: "Secret", name: "cacerts", namespace: "istio-system" });
  await lab.apply("cluster1", [
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "cacerts", namespace: "istio-system" },
      data: { "ca-key.pem": "b2xk", "istio-generated": "" },
    },
  ]);

  const refused = await ca("issue", "cluster1");
  const adopted = await ca("issue", "cluster1", "--adopt");

  expect([refused.exitCode, refused.stderr.includes("error[OBJECT_NOT_OURS]")]).toEqual([1, true]);
  expect(adopted.exitCode, adopted.stderr).toBe(0);
  const secret = await api.get<{ readonly data: object }>("/api/v1/namespaces/istio-system/secrets/cacerts");
  const names = ["ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem"];
  expect(Object.keys(secret?.data ?? {}).sort()).toEqual(names);
});

test("the rights of `isthmus rbac --manage-ca` are enough to make the Secrets, renew them and look at them", async () => {
  const kubeconfig = await accountKubeconfig(lab, ["cluster1", "cluster2"], { args: ["--manage-ca", "-f", folder] });
  const { api } = lab.cluster("cluster1");
  await api.remove({ apiVersion: "v1", kind: "Secret", name: "cacerts", namespace: "istio-system" });
  const asAccount = (...args: readonly string[]) => isthmus(folder, kubeconfig, "ca", ...args);

  const runs = [
    await asAccount("issue", "cluster1"),
    await asAccount("issue", "cluster1", "--force"),
    await asAccount("issue", "cluster2", "--external", "--force"),
    await asAccount("status"),
  ];

  expect(runs.map(({ exitCode, stderr }) => ({ exitCode, stderr: exitCode === 0 ? "" : stderr }))).toEqual(
    runs.map(() => ({ exitCode: 0, stderr: "" })),
  );
  output += runs.map(({ stdout, stderr }) => stdout + stderr).join("");
});

test("nothing of a key or passphrase was in any output of all this", async () => {
  const secrets = await Promise.all(
    lab.clusters.map(({ api }) =>
      api.get<{ readonly items: readonly { readonly data?: Readonly<Record<string, string>> }[] }>(
        "/api/v1/namespaces/istio-system/secrets?labelSelector=app.kubernetes.io/managed-by=isthmus",
      ),
    ),
  );
  const inClusters = secrets
    .flatMap((list) => list?.items ?? [])
    .flatMap(({ data = {} }) => [data["ca-key.pem"], data["tls.key"]])
    .filter((key) => key !== undefined)
    .map((key) => Buffer.from(key, "base64").toString("utf8"));
  const keys = [...inClusters, await readFile(join(folder, "alice/tls.key"), "utf8")];
  const pieces = keys.flatMap((key) => key.replaceAll(/-----[^-]+-----|\s/g, "").match(/.{24}/g) ?? []);

  expect(keys.length).toBeGreaterThanOrEqual(4);
  expect(pieces.length).toBeGreaterThan(20);
  expect(pieces.filter((piece) => output.includes(piece))).toEqual([]);
  expect(["correct horse", "PRIVATE KEY"].filter((secret) => output.includes(secret))).toEqual([]);
});
