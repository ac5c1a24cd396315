import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { caIdentity, loadCa, readIntentFiles } from "@isthmus/engine";
import { type Authority, createKeyPair, createRoot, inspectBundle, privateKeyPem, verifyChain } from "@isthmus/pki";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { type Lab, startCertManager, startControlPlanes } from "../src/index.ts";
import { accountKubeconfig } from "./account.ts";
import { bundle, isthmus } from "./isthmus.ts";
import { namespace } from "./manifests.ts";

const now = new Date();

let home: string;
let folder: string;
let lab: Lab;
let root: Authority;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-signers-"));
  folder = await mkdtemp(join(tmpdir(), "isthmus-signers-user-"));
  lab = await startControlPlanes({ home, clusters: 1 });
  root = await createRoot({ name: "outside root", organization: "x", keys: await createKeyPair("ecdsa"), now });
  await lab.apply("cluster1", [namespace("istio-system")]);
  await startCertManager(lab.cluster("cluster1"));
});

afterAll(async () => {
  await lab?.down();
  for (const each of [home, folder]) await rm(each, { recursive: true, force: true });
});

const requests = "/apis/cert-manager.io/v1/namespaces/istio-system/certificaterequests";

/** An issuer of cert-manager that signs with our root. */
async function createIssuer(name: string): Promise<void> {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  await lab.apply("cluster1", [
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace: "istio-system" },
      type: "kubernetes.io/tls",
      data: { "tls.crt": base64(root.certificate), "tls.key": base64(await privateKeyPem(root.privateKey)) },
    },
    {
      apiVersion: "cert-manager.io/v1",
      kind: "Issuer",
      metadata: { name, namespace: "istio-system" },
      spec: { ca: { secretName: name } },
    },
  ]);
}

async function declareSigner(signer: object, intermediate: object = {}): Promise<void> {
  const declarations = [
    { kind: "Mesh", metadata: { name: "mesh" }, spec: { ca: { signer, intermediate } } },
    { kind: "MeshCluster", metadata: { name: "cluster1" } },
  ].map((each) => stringify({ apiVersion: "isthmus.io/v1alpha1", ...each }));
  await writeFile(join(folder, "mesh.yaml"), declarations.join("---\n"));
}

/** The files of Secret cacerts, and whether their chain leads to our root. */
async function caCerts(): Promise<{ readonly certificate: string; readonly holds: boolean }> {
  const path = "/api/v1/namespaces/istio-system/secrets/cacerts";
  const secret = await lab.cluster("cluster1").api.get<{ readonly data: Readonly<Record<string, string>> }>(path);
  const file = (name: string) => Buffer.from(secret?.data[name] ?? "", "base64").toString("utf8");
  const chain = inspectBundle(file("ca-cert.pem") + file("cert-chain.pem"));
  const { faults } = verifyChain({ chain, roots: inspectBundle(root.certificate), at: new Date() });
  return { certificate: file("ca-cert.pem"), holds: faults.length === 0 && file("root-cert.pem") === root.certificate };
}

/** What `isthmus probe --identity ca` shows to proxies, by the signer that is declared now, and whether it holds for our root. */
async function probeIdentity() {
  const { intents, sources } = await readIntentFiles([folder]);
  if (intents === undefined) throw new Error("the declarations have mistakes");
  const { openCa } = await loadCa();
  const { env } = process;
  const passphrase = async () => "";
  const ca = openCa({
    intents,
    sources,
    cwd: folder,
    kubeconfig: lab.kubeconfig,
    env,
    passphrase,
    now: () => new Date(),
  });
  try {
    const issued = await caIdentity(ca, "spiffe://cluster.local/ns/foo/sa/sleep");
    const chain = inspectBundle(issued.certificate);
    const roots = inspectBundle(root.certificate);
    const { faults } = verifyChain({ chain, roots, at: new Date(), usage: "clientAuth" });
    return { facts: chain[0], faults, isOurRoot: issued.root === root.certificate };
  } finally {
    await ca.close();
  }
}

test("cert-manager signs an intermediate for an account of isthmus rbac, by a CertificateRequest that is gone afterwards", async () => {
  await createIssuer("mesh-root");
  await declareSigner(
    { certManager: { cluster: "cluster1", issuer: { name: "mesh-root" } } },
    { nameConstraints: true },
  );

  const account = await accountKubeconfig(lab, ["cluster1"], { declared: folder, args: ["--manage-ca"] });

  const issued = await isthmus(folder, account, "ca", "issue", "cluster1");

  expect(issued.exitCode, issued.stderr).toBe(0);
  const { certificate, holds } = await caCerts();
  expect(holds).toBe(true);
  expect(inspectBundle(certificate)).toMatchObject([
    {
      isCa: true,
      names: { dns: ["istiod.istio-system.svc"], uri: ["spiffe://cluster.local"] },
      nameLimits: { permitted: { uri: ["cluster.local"] } },
    },
  ]);
  expect(await lab.cluster("cluster1").api.list(requests)).toEqual([]);
});

test("cert-manager signs a probe's identity for ten minutes", async () => {
  const { facts, faults, isOurRoot } = await probeIdentity();

  expect({ faults, isOurRoot }).toEqual({ faults: [], isOurRoot: true });
  expect(facts).toMatchObject({ isCa: false, names: { uri: ["spiffe://cluster.local/ns/foo/sa/sleep"] } });
  expect(Date.parse(facts?.notAfter ?? "")).toBeLessThanOrEqual(Date.now() + 600_000);
  expect(await lab.cluster("cluster1").api.list(requests)).toEqual([]);
});

test("a command signs by openssl: an intermediate of the same root, with the names and constraints of its request", async () => {
  const before = await caCerts();
  await writeFile(join(folder, "root.pem"), root.certificate);
  await writeFile(join(folder, "root.key"), await privateKeyPem(root.privateKey), { mode: 0o600 });
  // As it might be written for an HSM: openssl copies what the request asks for.
  const script = [
    "#!/bin/sh",
    'cd "$(dirname "$0")" && cat > request.pem',
    "openssl x509 -req -in request.pem -CA root.pem -CAkey root.key -days 30 -copy_extensions copyall 2>/dev/null",
    "cat root.pem",
  ];
  await writeFile(join(folder, "sign"), `${script.join("\n")}\n`);
  await chmod(join(folder, "sign"), 0o755);
  await declareSigner({ exec: { command: ["./sign"] } });

  const { exitCode, stderr } = await isthmus(folder, lab.kubeconfig, "ca", "issue", "cluster1", "--force");

  expect(exitCode, stderr).toBe(0);
  const after = await caCerts();
  expect([after.holds, after.certificate === before.certificate]).toEqual([true, false]);
  expect(inspectBundle(after.certificate)).toMatchObject([
    { isCa: true, pathLength: 0, names: { dns: ["istiod.istio-system.svc"], uri: ["spiffe://cluster.local"] } },
  ]);
});

test("a command signs a probe's identity, for as long as it will", async () => {
  const { facts, faults, isOurRoot } = await probeIdentity();

  expect({ faults, isOurRoot }).toEqual({ faults: [], isOurRoot: true });
  expect(facts).toMatchObject({ isCa: false, names: { uri: ["spiffe://cluster.local/ns/foo/sa/sleep"] } });
});

test("a command that refuses is told with its own words, and nothing is written", async () => {
  await declareSigner({ exec: { command: ["sh", "-c", "echo vault is sealed >&2; exit 3"] } });
  const since = new Date();

  const { exitCode, stderr } = await isthmus(folder, lab.kubeconfig, "ca", "issue", "cluster1", "--force");

  expect(exitCode).toBe(1);
  expect(stderr).toContain("error[SIGNER_FAILED]");
  expect(stderr).toContain("vault is sealed");
  expect(await lab.writes("cluster1", { since })).toEqual([]);
});

const [corePattern = "", withPid] = await Promise.all(
  ["core_pattern", "core_uses_pid"].map(async (name) => (await readFile(`/proc/sys/kernel/${name}`, "utf8")).trim()),
);
const isPlainFile = !/[|/%]/.test(corePattern) && withPid === "0";

test.runIf(isPlainFile)("a process that crashes while it holds a key leaves no memory in its core file", async () => {
  await declareSigner({ exec: { command: ["sh", "-c", "kill -ABRT $PPID; sleep 10"] } });
  const passphrase = "a passphrase of the environment";
  const crash = async (...argv: readonly string[]) => {
    const { signal } = await execa("sh", ["-c", 'ulimit -c unlimited; exec "$0" "$@"', process.execPath, ...argv], {
      cwd: folder,
      env: { KUBECONFIG: lab.kubeconfig, ISTHMUS_CA_PASSPHRASE: passphrase },
      reject: false,
    });
    const core = await readFile(join(folder, corePattern));
    await rm(join(folder, corePattern));
    return { signal, core };
  };

  const ours = await crash(bundle, "ca", "issue", "cluster1", "--force");
  const other = await crash("-e", "process.abort()");

  expect([ours.signal, other.signal]).toEqual(["SIGABRT", "SIGABRT"]);
  expect(other.core.includes(passphrase)).toBe(true);
  expect(ours.core.includes(passphrase)).toBe(false);
  expect(ours.core.length).toBeLessThan(1_000_000);
});
