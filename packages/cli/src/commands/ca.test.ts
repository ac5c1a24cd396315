import { generateKeyPairSync } from "node:crypto";
import { chmod, lstat, mkdir, open, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createKeyPair, createRoot, encryptKeyFile, inspectBundle, privateKeyPem, readPrivateKey } from "@isthmus/pki";
import { startFakeApiServer } from "@isthmus/testkit";
import { expect, onTestFinished, test } from "vitest";
import { liveFolder } from "../testing/liveFolder.ts";
import { type CliOptions, type CliRun, emptyFolder, filesIn, runCli } from "../testing/runCli.ts";

const passphrase = "correct horse battery";
const env = { ISTHMUS_CA_PASSPHRASE: passphrase };

const mesh = `apiVersion: isthmus.io/v1alpha1
kind: Mesh
metadata: {name: mesh}
---
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: cluster1}
spec: {access: {kubeconfig: {path: kubeconfig}}}
---
apiVersion: isthmus.io/v1alpha1
kind: ExternalAccess
metadata: {name: httpbin, namespace: bar}
spec:
  hosts: [httpbin.example.com]
  port: 8000
  clusters: [cluster1]
  tls: {mode: Mutual, credential: {issue: {}}}
`;

/** A mesh of one cluster, with an API server in memory. */
async function meshFolder() {
  const server = await startFakeApiServer();
  onTestFinished(() => server.stop());
  server.seed([{ apiVersion: "v1", kind: "Namespace", metadata: { name: "istio-system" } }]);
  const folder = await liveFolder(server, mesh);
  const runs: CliRun[] = [];
  const ca = async (args: string, options: CliOptions = { env }) => {
    const run = await runCli(folder, ["ca", ...args.split(" ")], options);
    runs.push(run);
    return run;
  };
  return { folder, server, ca, runs };
}

/** As `init` leaves it, but that it opens with the least work that is taken. */
async function writeRoot(folder: string, kind = "mesh-root"): Promise<void> {
  const keys = await createKeyPair("ecdsa");
  const root = await createRoot({ name: `mesh ${kind} CA`, organization: "cluster.local", keys, now: new Date() });
  await mkdir(join(folder, "ca"), { mode: 0o700, recursive: true });
  await writeFile(join(folder, `ca/${kind}.json`), await encryptKeyFile(root, passphrase, 2 ** 15), { mode: 0o600 });
}

/** Everything in a text that is, or could be, of a private key: PEM, its Base64, its hex. */
function keyPieces(pem: string): readonly string[] {
  const body = pem.replace(/-----[^-]+-----|\s/g, "");
  const der = Buffer.from(body, "base64");
  const lines = body.match(/.{24}/g) ?? [];
  return [
    ...lines,
    der.toString("hex").slice(-64),
    ...(Buffer.from(pem).toString("base64").match(/.{48}/g) ?? []).slice(1),
  ];
}

test("from a root to a cluster, a gateway and a client; and nothing of any key or passphrase is in any output", async () => {
  const { folder, server, ca, runs } = await meshFolder();

  const codes = [
    await ca("init"),
    await ca("init --external -o json"),
    await ca("issue cluster1 -o json"),
    await ca("issue --all"),
    await ca("issue --all --external -v"),
    await ca("issue --all --out files -o json"),
    await ca("apply cluster1 --from files/cluster1"),
    await ca("issue-client alice --san alice.example.com --san 10.0.0.1 -o json"),
    await ca("export-trust"),
    await ca("status -o json"),
    await ca("issue cluster1 --force", { env: { ISTHMUS_CA_PASSPHRASE: "not the right one" } }),
    await ca("init"),
    await ca("import files/cluster1"),
  ].map(({ code }) => code);

  expect(codes).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
  const secrets = server.stored("secrets").map(({ data }) => data as Record<string, string>);
  const inSecrets = secrets.flatMap((data) => [data["ca-key.pem"], data["tls.key"]]).filter((key) => key !== undefined);
  const files = await filesIn(folder);
  const keys = [
    ...inSecrets.map((key) => Buffer.from(key, "base64").toString("utf8")),
    files["files/cluster1/ca-key.pem"] ?? "",
    files["alice/tls.key"] ?? "",
  ];
  const output = runs.map(({ stdout, stderr }) => stdout + stderr).join("\n");
  expect(keys.map((key) => key.startsWith("-----BEGIN PRIVATE KEY-----"))).toEqual([true, true, true, true]);
  expect(keys.flatMap(keyPieces).filter((piece) => output.includes(piece))).toEqual([]);
  expect([passphrase, "not the right one", "PRIVATE KEY"].filter((secret) => output.includes(secret))).toEqual([]);
  // The root's key is only in its file, and only encrypted.
  expect(Object.keys(files).sort()).toEqual([
    "alice/ca.crt",
    "alice/tls.crt",
    "alice/tls.key",
    "ca/external-root.json",
    "ca/mesh-root.json",
    ...["ca-cert", "ca-key", "cert-chain", "root-cert"].map((name) => `files/cluster1/${name}.pem`),
    "kubeconfig",
    "mesh.yaml",
  ]);
  const modes = ["ca/mesh-root.json", "files/cluster1/ca-key.pem", "alice/tls.key"].map(
    async (file) => (await stat(join(folder, file))).mode & 0o777,
  );
  expect(await Promise.all(modes)).toEqual([0o600, 0o600, 0o600]);
}, 120_000);

test("what was issued is shown as a table, and istiod's restart is asked for", async () => {
  const { folder, ca } = await meshFolder();
  await writeRoot(folder);

  const { code, stdout, stderr } = await ca("issue --all");
  const again = await ca("issue --all", { env: {} });

  expect(code).toBe(0);
  expect(stdout.replace(/\d{4}-\d\d-\d\d/, "<day>").replace(/[0-9a-f]{12}\n/, "<root>\n")).toBe(
    [
      "CLUSTER    SECRET                 CERTIFICATE   UNTIL        ROOT\n",
      "cluster1   istio-system/cacerts   created       <day>   <root>\n",
    ].join(""),
  );
  expect(stderr).toContain("warning[ISTIOD_RESTART_NEEDED]");
  expect(stderr).toContain("kubectl rollout restart deployment/istiod -n istio-system");
  // Needs no passphrase.
  expect([again.code, again.stdout.includes("kept")]).toEqual([0, true]);
});

test("the passphrase comes from a file descriptor as well, by its first line", async () => {
  const { folder, ca } = await meshFolder();
  await writeFile(join(folder, "phrase"), `${passphrase}\nmore\n`);
  const file = await open(join(folder, "phrase"));
  onTestFinished(() => file.close());

  const made = await ca(`init --passphrase-fd ${file.fd}`, { env: {} });
  const used = await ca("issue --all --out files");

  expect([made.code, used.code]).toEqual([0, 0]);
});

test("a passphrase comes from a file that nobody else may read; from the environment it is warned of", async () => {
  const { folder, ca } = await meshFolder();
  const file = join(folder, "phrase");
  await writeFile(file, `${passphrase}\n`, { mode: 0o644 });

  const open = await ca("init --passphrase-file phrase", { env: {} });
  await chmod(file, 0o600);
  const made = await ca("init --passphrase-file phrase", { env: {} });
  const used = await ca("issue --all --out files");

  expect(open).toMatchObject({ code: 1, stderr: expect.stringContaining("CA_KEY_FILE_EXPOSED") });
  expect(made).toMatchObject({ code: 0, stderr: expect.not.stringContaining("deprecated") });
  expect(used).toMatchObject({ code: 0, stderr: expect.stringContaining("ISTHMUS_CA_PASSPHRASE is deprecated") });
});

test("keys are written neither where a link leads nor where others can put one", async () => {
  const { folder, ca } = await meshFolder();
  await writeRoot(folder);
  const elsewhere = await emptyFolder();
  await mkdir(join(folder, "linked"));
  await symlink(elsewhere, join(folder, "linked/cluster1"));
  await mkdir(join(folder, "open/cluster1"), { recursive: true });
  await chmod(join(folder, "open/cluster1"), 0o777);
  await mkdir(join(folder, "own/cluster1"), { recursive: true });
  await writeFile(join(elsewhere, "target"), "as it was");
  await symlink(join(elsewhere, "target"), join(folder, "own/cluster1/ca-key.pem"));

  const linked = await ca("issue cluster1 --out linked");
  const exposed = await ca("issue cluster1 --out open");
  const own = await ca("issue cluster1 --out own");

  expect(linked).toMatchObject({ code: 1, stderr: expect.stringContaining("WRITE_FAILED") });
  expect(exposed).toMatchObject({ code: 1, stderr: expect.stringContaining("CA_KEY_FILE_EXPOSED") });
  expect(own.code).toBe(0);
  expect(await filesIn(elsewhere)).toEqual({ target: "as it was" });
  expect((await lstat(join(folder, "own/cluster1/ca-key.pem"))).isFile()).toBe(true);
});

test("on a terminal a new passphrase is typed twice, and not shown", async () => {
  const { folder, ca } = await meshFolder();
  const typed = [..."four random words", "\r", ..."four random words", "\r"];

  const made = await ca("init", { env: {}, keys: typed });
  const opened = await ca("issue --all --out files", { env: { ISTHMUS_CA_PASSPHRASE: "four random words" } });

  expect([made.code, opened.code]).toEqual([0, 0]);
  expect(made.stdout + made.stderr).not.toContain("four random words");
  expect(JSON.parse(await readFile(join(folder, "ca/mesh-root.json"), "utf8"))).toMatchObject({ version: 1 });
});

test.each([
  ["init", {}, "CA_PASSPHRASE_MISSING", 1],
  ["init", { ISTHMUS_CA_PASSPHRASE: "short" }, "CA_PASSPHRASE_MISSING", 1],
  ["init", { ISTHMUS_CA_PASSPHRASE: "fourteen chars" }, "CA_PASSPHRASE_MISSING", 1],
  ["init", { ISTHMUS_CA_PASSPHRASE: "abababababababababab" }, "CA_PASSPHRASE_MISSING", 1],
  ["init --passphrase-fd 777", {}, "CA_PASSPHRASE_MISSING", 1],
  ["init --passphrase-file nowhere", {}, "CA_PASSPHRASE_MISSING", 1],
  ["init --passphrase-file a --passphrase-fd 3", {}, "USAGE", 1],
  ["init --key dsa", env, "USAGE", 1],
  ["init --days 0", env, "USAGE", 1],
  ["issue", env, "USAGE", 1],
  ["issue cluster1 --all", env, "USAGE", 1],
  ["issue cluster9", env, "CLUSTER_UNKNOWN", 1],
  ["issue cluster1", env, "CA_MISSING", 1],
  ["issue --all --external --out x", env, "USAGE", 1],
  ["apply cluster1 --from nowhere", env, "FILE_UNREADABLE", 1],
  ["import", env, "USAGE", 1],
  ["import --cert a --key b", env, "FILE_UNREADABLE", 1],
  ["export-trust", env, "CA_MISSING", 1],
  ["issue-client ../x --san a", env, "USAGE", 1],
  ["status --bogus", env, "USAGE", 2],
])("ca %s is refused: %j %s", async (args, environment, expected, exitCode) => {
  const { ca } = await meshFolder();

  const { code, stderr } = await ca(args, { env: environment });

  expect(stderr).toContain(`error[${expected}]`);
  expect(code).toBe(exitCode);
});

test("an existing root is imported from PEM files, and signs from then on", async () => {
  const { folder, ca } = await meshFolder();
  // As most have it; one of 4096 bits takes seconds, and is tried where keys are made.
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const keys = await readPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  const root = await createRoot({ name: "old", organization: "x", keys, now: new Date() });
  await mkdir(join(folder, "old"));
  await writeFile(join(folder, "old/cert.pem"), root.certificate);
  await writeFile(join(folder, "old/key.pem"), await privateKeyPem(keys.privateKey));

  const imported = await ca("import --cert old/cert.pem --key old/key.pem");
  const issued = await ca("issue --all --out files");
  const trust = await ca("export-trust");

  expect([imported.code, issued.code]).toEqual([0, 0]);
  expect(trust.stdout).toBe(root.certificate);
  const [certificate] = inspectBundle(await readFile(join(folder, "files/cluster1/ca-cert.pem"), "utf8"));
  expect(certificate?.issuer).toBe(inspectBundle(root.certificate)[0]?.subject);
});

test("status says 0 where all is well, and names what is to be done where not", async () => {
  const { folder, server, ca } = await meshFolder();
  await writeRoot(folder);
  await writeRoot(folder, "external-root");
  const before = await ca("status");
  await ca("issue --all");
  await ca("issue --all --external");
  const trust = await ca("export-trust");
  server.seed([
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "istio-ca-root-cert", namespace: "istio-system" },
      data: { "root-cert.pem": trust.stdout },
    },
  ]);

  const after = await ca("status");
  const published = await ca("export-trust --from-clusters");

  expect([before.code, after.code]).toEqual([1, 0]);
  expect(before.stderr).toContain("isthmus ca issue --external cluster1");
  expect(after.stderr).toBe("");
  expect(after.stdout.match(/fresh/g)).toHaveLength(2);
  expect(published.stdout).toBe(trust.stdout);
});
