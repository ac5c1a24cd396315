import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, filesIn, runCli } from "../testing/runCli.ts";

/** Two contexts whose API servers nobody can reach: port 9 of this machine. */
async function folderWithKubeconfig(): Promise<string> {
  const folder = await emptyFolder();
  const cluster = (name: string) => ({ name, cluster: { server: "https://127.0.0.1:9" } });
  const context = (name: string) => ({ name, context: { cluster: name, user: "user" } });
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: ["eu", "us"].map(cluster),
    contexts: ["eu", "us"].map(context),
    users: [{ name: "user", user: { token: "hunter2" } }],
  };
  await writeFile(join(folder, "kubeconfig"), JSON.stringify(kubeconfig));
  return folder;
}

const init = ["init", "--kubeconfig", "kubeconfig"] as const;

test("init declares the given contexts, also where a cluster cannot be reached", async () => {
  const folder = await folderWithKubeconfig();

  const run = await runCli(folder, [...init, "--context", "eu", "--context", "us"]);

  expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining("CLUSTER_UNREACHABLE") });
  expect(run.stderr).not.toContain("hunter2");
  await expect(await readFile(join(folder, "mesh.yaml"), "utf8")).toMatchFileSnapshot("testdata/init.golden.yaml");
});

test("on a terminal the contexts are chosen", async () => {
  const folder = await folderWithKubeconfig();

  const run = await runCli(folder, init, { keys: [" ", "\r"] });

  expect(run.code).toBe(0);
  expect(await readFile(join(folder, "mesh.yaml"), "utf8")).toMatch(/name: eu(?!.*name: us)/s);
});

test("without a terminal it asks for contexts and names those that there are", async () => {
  const folder = await folderWithKubeconfig();

  const run = await runCli(folder, init);

  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining("--context for each of: eu, us") });
});

test("a file that exists is replaced only with --force", async () => {
  const folder = await folderWithKubeconfig();
  await writeFile(join(folder, "mesh.yaml"), "mine\n");
  const before = await filesIn(folder);

  const refused = await runCli(folder, [...init, "--context", "eu"]);
  const kept = await filesIn(folder);
  const forced = await runCli(folder, [...init, "--context", "eu", "--force"]);

  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("mesh.yaml exists already") });
  expect(kept).toEqual(before);
  expect(forced.code).toBe(0);
  expect(await readFile(join(folder, "mesh.yaml"), "utf8")).toContain("kind: MeshCluster");
});

test.each([
  ["a context that is not there", [...init, "--context", "asia"], "USAGE"],
  ["a kubeconfig that is not there", ["init", "--kubeconfig", "none", "--context", "eu"], "KUBECONFIG_INVALID"],
  ["a folder that is not there", [...init, "--context", "eu", "-f", "none/mesh.yaml"], "WRITE_FAILED"],
  ["no kubeconfig at all", ["init", "--context", "eu"], "USAGE"],
] as const)("%s is refused, and no file is written", async (_name, argv, code) => {
  const folder = await folderWithKubeconfig();
  const before = await filesIn(folder);

  const run = await runCli(folder, argv);

  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining(`error[${code}]`) });
  expect(await filesIn(folder)).toEqual(before);
});
