import { spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuthority, issueCertificate } from "../src/certificates.ts";
import { gatewayPorts, type Lab, startLab } from "../src/index.ts";
import { loadMeshRoot } from "../src/meshCertificates.ts";
import { accountKubeconfig } from "./account.ts";
import { ourObjects } from "./clusterState.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";
import { load } from "./load.ts";
import { httpbin, namespace, sleep } from "./manifests.ts";
import { fingerprint, proxyTrusts } from "./proxyTrust.ts";

const bundle = new URL("../../packages/cli/dist/isthmus.js", import.meta.url).pathname;
const environment = { ...process.env, ISTHMUS_CA_PASSPHRASE: "four random words of a test", NO_COLOR: "1" };
/** Short lives make proxies renew within seconds instead of twelve hours. */
const certificates = "40s";

let home: string;
let folder: string;
let lab: Lab;
/** As an account that may read, and rotate. */
let kubeconfig: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-rotation-"));
  lab = await startLab({ home, certificates });
  await Promise.all(
    lab.clusters.map(({ name }) =>
      lab.apply(name, [
        namespace("foo", { "istio-injection": "enabled" }),
        namespace("bar", { "istio-injection": "enabled" }),
        ...sleep("foo"),
        ...httpbin("bar"),
      ]),
    ),
  );
  folder = await mkdtemp(join(tmpdir(), "isthmus-rotation-mesh-"));
  await writeFile(join(folder, "mesh.yaml"), declarations);
  expect(await isthmus(folder, lab.kubeconfig, "apply", "--yes")).toMatchObject({ exitCode: 0 });
  await Promise.all(paths.map(({ cluster, pod, url }) => lab.curlUntil(cluster, pod, url, 200)));
  kubeconfig = await accountKubeconfig(lab, ["cluster1", "cluster2"], { args: ["--read-only", "--rotate-ca"] });
});

afterAll(async () => {
  await lab?.down();
  await Promise.all([home, folder, dirname(kubeconfig)].map((each) => rm(each, { recursive: true, force: true })));
});

const declarations = `
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: cluster1}
spec: {access: {context: cluster1}}
---
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: cluster2}
spec: {access: {context: cluster2}}
---
apiVersion: isthmus.io/v1alpha1
kind: SharedService
metadata: {name: httpbin, namespace: bar}
spec:
  servedBy: [cluster1, cluster2]
  consumers: [{clusters: [cluster1, cluster2], namespaces: [foo]}]
`;

const paths = [
  { cluster: "cluster1", pod: "foo/sleep", url: "http://httpbin.bar.cluster2:8000/get" },
  { cluster: "cluster2", pod: "foo/sleep", url: "http://httpbin.bar.cluster1:8000/get" },
];

/** Names the key file of the root that clusters are to have. */
async function declareSigner(file: string): Promise<void> {
  const spec = `{ca: {signer: {file: {path: ${file}}}}}`;
  await writeFile(
    join(folder, "ca.yaml"),
    `apiVersion: isthmus.io/v1alpha1\nkind: Mesh\nmetadata: {name: mesh}\nspec: ${spec}\n`,
  );
}

/** Makes a new root in the key file that it names; its fingerprint. */
async function declareRoot(file: string): Promise<string> {
  await declareSigner(file);
  const made = await command(["ca", "init"]);
  expect(made).toMatchObject({ exitCode: 0 });
  const { certificates: pem } = JSON.parse(await readFile(join(folder, file), "utf8")) as { certificates: string };
  return fingerprint(new X509Certificate(pem));
}

interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
  /** The line that it was killed after. */
  readonly killedAfter?: string;
}

/** Runs the shipped command line; kills it as soon as it has said a line that matches. */
function command(args: readonly string[], killAfter?: RegExp): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bundle, ...args], {
      cwd: folder,
      env: { ...environment, KUBECONFIG: kubeconfig },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let killedAfter: string | undefined;
    const read = (chunk: Buffer) => {
      output += chunk;
      const line = killAfter === undefined ? undefined : output.split("\n").find((each) => killAfter.test(each));
      if (line === undefined || killedAfter !== undefined) return;
      killedAfter = line.trim();
      child.kill("SIGKILL");
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, output, ...(killedAfter !== undefined && { killedAfter }) }));
  });
}

const rotate = ["ca", "rotate", "root", "--yes", "--adopt", "--mount-delay", "5s", "--timeout", "240s"];

/** Kills the command after its first write and begins anew, until a run has nothing left to write. */
async function killedAtEveryStep(args: readonly string[]): Promise<readonly string[]> {
  const steps: string[] = [];
  for (;;) {
    const run = await command(args, /✔/);
    await expectMutualTrust();
    if (run.killedAfter === undefined) {
      expect(run).toMatchObject({ exitCode: 0 });
      return steps;
    }
    steps.push(run.killedAfter.replaceAll(/[0-9a-f]{12}/g, "ROOT"));
  }
}

/** No proxy serves a certificate that another one refuses. */
async function expectMutualTrust(): Promise<void> {
  const proxies = await proxyTrusts(lab);
  const refused = proxies.flatMap(({ proxy, trusts }) =>
    proxies.filter(({ root }) => !trusts.includes(root)).map((other) => `${proxy} refuses ${other.proxy}`),
  );
  expect(refused).toEqual([]);
}

async function trustsAndRoots(): Promise<unknown> {
  return (await proxyTrusts(lab)).map(({ root, trusts }) => ({ root, trusts }));
}

/** What a client outside the mesh gets with a certificate of the lab's first root and the identity of foo/sleep. */
async function callWithOldRoot(): Promise<string> {
  const root = await loadMeshRoot(home);
  const intermediate = await createAuthority("CN=an old intermediate,O=lab", root);
  const leaf = await issueCertificate(intermediate, {
    subject: "O=lab",
    uris: ["spiffe://cluster.local/ns/foo/sa/sleep"],
  });
  return new Promise((resolve) => {
    const socket = connect({
      host: lab.cluster("cluster2").address,
      port: gatewayPorts.tls,
      servername: "outbound_.8000_._.httpbin.bar.svc.cluster.local",
      ALPNProtocols: ["istio"],
      cert: leaf.certificate + intermediate.certificate,
      key: leaf.key,
      rejectUnauthorized: false,
    });
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
      socket.end();
    });
    socket.on("error", ({ message }) => resolve(message));
    socket.on("close", () => resolve(answer.split("\r\n")[0] ?? ""));
    socket.write("GET /get HTTP/1.1\r\nhost: httpbin.bar:8000\r\nconnection: close\r\n\r\n");
  });
}

test("intermediates are renewed under load, killed after every write, without a lost call", async () => {
  const [first] = await proxyTrusts(lab);
  await declareSigner("ca/root-1.json");
  const files = ["root-cert.pem", "root-key.pem"].map((file) => join(home, "mesh-ca", file));
  await command(["ca", "import", "--cert", files[0] ?? "", "--key", files[1] ?? ""]);
  const calls = load(lab, paths);

  const steps = await killedAtEveryStep(["ca", "rotate", "intermediates", "--yes", "--adopt", "--timeout", "60s"]);

  const { failures } = await calls.stop();
  const status = await command(["ca", "rotate", "intermediates", "--status", "-o", "json"]);
  expect(failures).toEqual([]);
  expect(steps.filter((step) => step.includes("has a new"))).toEqual([
    "✔ cluster1: Secret cacerts has a new intermediate",
    "✔ cluster2: Secret cacerts has a new intermediate",
  ]);
  expect(JSON.parse(status.output)).toMatchObject({ clusters: [{ state: "fresh" }, { state: "fresh" }] });
  expect(await trustsAndRoots()).toEqual(
    Array.from({ length: 6 }, () => ({ root: first?.root, trusts: first?.trusts })),
  );
});

const rolloverStages = [/trusts ROOT, ROOT$/, /new intermediate$/, /trusts ROOT$/];

test("a root rollover under load, killed after every write, loses no call, and the old root is refused then", async () => {
  const before = await callWithOldRoot();
  const root = await declareRoot("ca/root-2.json");
  const calls = load(lab, paths);

  const steps = await killedAtEveryStep(rotate);

  const { calls: count, failures } = await calls.stop();
  const after = await callWithOldRoot();
  expect(failures).toEqual([]);
  expect(count).toBeGreaterThan(1000);
  const stages = steps
    .map((step) => rolloverStages.findIndex((stage) => stage.test(step)))
    .filter((stage) => stage >= 0);
  expect(stages).toEqual(stages.toSorted());
  expect(new Set(stages)).toEqual(new Set([0, 1, 2]));
  expect(await trustsAndRoots()).toEqual(Array.from({ length: 6 }, () => ({ root, trusts: [root] })));
  expect(before).toBe("HTTP/1.1 200 OK");
  expect(after).toMatch(/unknown ca|certificate unknown|alert/i);
});

test("a rollover goes back from where a cluster signs with the new root already, under load and without a lost call", async () => {
  const [{ root } = { root: "" }] = await proxyTrusts(lab);
  await declareRoot("ca/root-3.json");
  const calls = load(lab, paths);
  const forth = await command(rotate, /has a new intermediate/);

  const keyless = await command([...rotate, "--abort"]);
  const steps = await killedAtEveryStep([...rotate, "--abort", "--signer", "ca/root-2.json"]);

  const { failures } = await calls.stop();
  expect(failures).toEqual([]);
  expect(forth.killedAfter).toContain("cluster1");
  expect(keyless).toMatchObject({ exitCode: 1, output: expect.stringContaining("CA_SIGNER_MISMATCH") });
  expect(steps).toContain("✔ cluster1: Secret cacerts has a new intermediate");
  expect(await trustsAndRoots()).toEqual(Array.from({ length: 6 }, () => ({ root, trusts: [root] })));
});

test("clusters with roots of their own: apply refuses and writes nothing", async () => {
  await using apart = await startLab({ home: join(home, "apart"), roots: "separate" });
  const example = await prepareExample(apart, "sleep-httpbin");

  const { exitCode, stderr } = await isthmus(example, apart.kubeconfig, "apply", "--yes");

  expect(exitCode).toBe(1);
  expect(stderr).toContain("TRUST_ROOTS_DIFFER");
  expect(await Promise.all(apart.clusters.map(({ name }) => ourObjects(apart, name)))).toEqual([[], []]);
  await rm(example, { recursive: true, force: true });
});
