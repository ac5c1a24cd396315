import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubeObject } from "@isthmus/core";
import { type Authority, createKeyPair, createRoot, encryptKeyFile, fingerprintOf } from "@isthmus/pki";
import { startFakeApiServer } from "@isthmus/testkit";
import { expect, onTestFinished, test } from "vitest";
import { liveFolder } from "../testing/liveFolder.ts";
import { runCli } from "../testing/runCli.ts";

const env = { ISTHMUS_CA_PASSPHRASE: "correct horse battery" };
/** Two roots, and the key file of the second, which the Mesh declares. Made once: a key file costs half a second. */
const material = (async () => {
  const keys = await createKeyPair("ecdsa");
  const rootNamed = (name: string) => createRoot({ name, organization: "cluster.local", keys, now: new Date() });
  const [old, next] = await Promise.all([rootNamed("old"), rootNamed("next")]);
  return { old, next, keyFile: await encryptKeyFile(next, env.ISTHMUS_CA_PASSPHRASE, 2 ** 15) };
})();

/** A mesh of one cluster, whose workloads trust these roots; the first one signs. */
async function meshTrusting(...published: readonly ("old" | "next")[]) {
  const roots = await material;
  const server = await startFakeApiServer();
  onTestFinished(() => server.stop());
  server.seed(trusting(published.map((name) => roots[name])));
  const folder = await liveFolder(server, mesh("kubeconfig: {path: kubeconfig}"));
  await writeFile(join(folder, "root.json"), roots.keyFile, { mode: 0o600 });
  const rotate = (args: string) => runCli(folder, ["ca", "rotate", ...args.split(" ")], { env });
  return { folder, server, rotate };
}

function mesh(access: string): string {
  return `apiVersion: isthmus.io/v1alpha1
kind: Mesh
metadata: {name: mesh}
spec: {ca: {signer: {file: {path: root.json}}}}
---
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: east}
spec: {access: {${access}}}
`;
}

function trusting(roots: readonly Authority[]): readonly KubeObject[] {
  const namespace = "istio-system";
  const data = { "root-cert.pem": roots.map(({ certificate }) => certificate).join("") };
  const [first] = roots.map(({ certificate }) => fingerprintOf(certificate));
  const annotations = {
    "isthmus.io/certificate-root": first ?? "",
    "isthmus.io/certificate-trusts": roots.map(({ certificate }) => fingerprintOf(certificate)).join(","),
  };
  return [
    { apiVersion: "v1", kind: "Secret", metadata: { name: "cacerts", namespace, annotations } },
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "istio-ca-root-cert", namespace }, data },
  ];
}

test("a mesh that has the declared root is done, and asked to rotate does nothing", async () => {
  const { server, rotate } = await meshTrusting("next");

  const [status, run] = [await rotate("root --status"), await rotate("root --yes --no-wait")];
  const back = await rotate("root --abort --yes");

  expect([status.code, run.code, back.code]).toEqual([0, 0, 1]);
  expect(status.stdout).toContain("done: every proxy has a certificate of this root, and trusts no other");
  expect(back.stderr).toContain("there is nothing to go back to");
  expect(server.writes).toEqual([]);
});

test("where it stands is told as data, with exit code 1 while it is not done, and nothing is written", async () => {
  const { server, rotate } = await meshTrusting("old");

  const { code, stdout } = await rotate("root --status -o json");

  const fingerprint = fingerprintOf((await material).old.certificate);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    stage: "trust",
    clusters: [{ cluster: "east", signsWith: fingerprint, trusts: [fingerprint], proxies: 0 }],
    waits: [],
    problems: [{ code: "ROTATION_WAITS" }],
  });
  expect(server.writes).toEqual([]);
});

test.each([
  ["root", "CONFIRMATION_NEEDED"],
  ["intermediates", "CONFIRMATION_NEEDED"],
  ["root --abort --signer nowhere.json --yes", "CA_MISSING"],
  ["root --root nowhere.pem --yes", "FILE_UNREADABLE"],
  ["root --yes", "OBJECT_NOT_OURS"],
])("ca rotate %s is refused with %s, and writes nothing", async (args, problem) => {
  const { server, rotate } = await meshTrusting("old");

  const { code, stderr } = await rotate(args);

  expect(code).toBe(1);
  expect(stderr).toContain(problem);
  expect(server.writes).toEqual([]);
});

test("going back finds the root that clusters trust beside the declared one", async () => {
  const { rotate } = await meshTrusting("old", "next");

  const { stdout } = await rotate("root --abort --status -o json");

  expect(JSON.parse(stdout)).toMatchObject({ target: expect.stringContaining("CN=old"), stage: "forget" });
});

test("a cluster that is a directory keeps a rotation from beginning: nobody sees its proxies", async () => {
  const { folder, rotate } = await meshTrusting("next");
  await writeFile(join(folder, "mesh.yaml"), mesh("directory: east"));

  const { code, stderr } = await rotate("root --yes");

  expect([code, stderr]).toEqual([1, expect.stringContaining("USAGE")]);
});
