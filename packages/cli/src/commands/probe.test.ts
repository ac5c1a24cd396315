import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exampleFolder, runCli } from "../testing/runCli.ts";

test("a CA that is not there, or whose passphrase is wrong, ends a probe before anything is tried", async () => {
  const folder = await exampleFolder();
  const probe = (passphrase: string) =>
    runCli(folder, ["probe", "--identity", "ca"], { env: { ISTHMUS_CA_PASSPHRASE: passphrase } });

  const without = await probe("correct horse battery");
  await runCli(folder, ["ca", "init"], { env: { ISTHMUS_CA_PASSPHRASE: "correct horse battery" } });
  const wrong = await probe("wrong horse battery");

  expect(without).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("error[CA_MISSING]") });
  expect(wrong).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("error[CA_KEY_LOCKED]") });
});

test("a name that no path leads to is told before a CA is opened", async () => {
  const run = await runCli(await exampleFolder(), ["probe", "nobody.bar", "--identity", "ca"]);

  expect(run).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("error[USAGE]") });
});

test("where no path of what is shared could be tried, that is not a yes", async () => {
  const folder = await exampleFolder();
  const mesh = join(folder, "mesh.yaml");
  const away = (await readFile(mesh, "utf8")).replace("directory: clusters/cluster2", "kubeconfig: {path: kubeconfig}");
  await writeFile(mesh, away);
  await writeFile(join(folder, "kubeconfig"), kubeconfig);

  const run = await runCli(folder, ["probe"]);

  expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining("pending[") });
});

const kubeconfig = `apiVersion: v1
kind: Config
current-context: away
contexts: [{name: away, context: {cluster: away, user: away}}]
clusters: [{name: away, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: away, user: {}}]
`;
