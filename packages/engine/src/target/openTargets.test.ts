import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mesh, meshCluster, startFakeApiServer } from "@isthmus/testkit";
import { expect, onTestFinished, test } from "vitest";
import { observe } from "../observe/observe.ts";
import { type OpenTargetsOptions, openTargets } from "./openTargets.ts";

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "isthmus-open-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A kubeconfig with a context for each name, that all lead to one server. */
async function kubeconfig(path: string, server: string, names: readonly string[]): Promise<string> {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": names[0],
    clusters: [{ name: "c", cluster: { server } }],
    users: [{ name: "u", user: {} }],
    contexts: names.map((name) => ({ name, context: { cluster: "c", user: "u" } })),
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

async function open(clusters: ReturnType<typeof meshCluster>[], options: OpenTargetsOptions = {}) {
  const targets = await openTargets({ mesh: mesh(), clusters }, options);
  onTestFinished(async () => void (await Promise.all([...targets.values()].map((target) => target.close()))));
  return targets;
}

test("a cluster is reached by the context of its name, by the one it names, by a kubeconfig of its own, or is a directory", async () => {
  const server = await startFakeApiServer();
  onTestFinished(() => server.stop());
  const folder = await temporary();
  const main = await kubeconfig(join(folder, "main"), server.url, ["named", "other"]);
  await kubeconfig(join(folder, "own"), server.url, ["admin@own"]);

  const targets = await open(
    [
      meshCluster("named"),
      meshCluster("renamed", { access: { context: "other" } }),
      meshCluster("own", { access: { kubeconfig: { path: "own" } } }),
      meshCluster("directory", { access: { directory: "." } }),
    ],
    { kubeconfig: main, sources: { fileOf: () => join(folder, "mesh.yaml") } },
  );
  const { observed, problems } = await observe(targets);

  expect(problems).toEqual([]);
  expect([...observed.clusters.values()].map(({ name, source }) => `${name} ${source}`)).toEqual([
    "directory directory",
    "named live",
    "own live",
    "renamed live",
  ]);
});

test("a cluster that there is no way to keeps no other from being read", async () => {
  const folder = await temporary();
  const main = await kubeconfig(join(folder, "main"), "http://127.0.0.1:1", ["one"]);

  const targets = await open(
    [
      meshCluster("none"),
      meshCluster("missing", { access: { kubeconfig: { path: join(folder, "missing") } } }),
      meshCluster("secret", { access: { kubeconfig: { secretRef: { name: "a", namespace: "b" } } } }),
      meshCluster("directory", { access: { directory: folder } }),
    ],
    { kubeconfig: main, cwd: folder },
  );
  const { observed, problems } = await observe(targets);

  expect([...observed.clusters.keys()]).toEqual(["directory"]);
  expect(problems.map(({ code, message }) => [code, message])).toEqual([
    ["KUBECONFIG_INVALID", `kubeconfig ${folder}/missing does not exist`],
    ["KUBECONFIG_INVALID", `kubeconfig ${folder}/main has no context none`],
    ["NOT_YET", "cluster secret: only the controller reads kubeconfigs from Secrets"],
  ]);
  await expect(targets.get("none")?.write({} as never)).rejects.toMatchObject({ code: "KUBECONFIG_INVALID" });
});

test("relative paths are relative to the file that declares the cluster, or else to the working directory", async () => {
  const folder = await temporary();
  const cluster = meshCluster("c", { access: { directory: "clusters/c" } });

  const problemsWith = async (options: OpenTargetsOptions) => (await observe(await open([cluster], options))).problems;

  expect(await problemsWith({ sources: { fileOf: () => "deep/mesh.yaml" }, cwd: folder })).toMatchObject([
    { code: "DIRECTORY_INVALID", at: join(folder, "deep/clusters/c") },
  ]);
  expect(await problemsWith({})).toMatchObject([{ code: "DIRECTORY_INVALID", at: "clusters/c" }]);
});

test("a kubeconfig that a declaration names runs no plugin, unless the person says that the declarations are trusted", async () => {
  const server = await startFakeApiServer();
  onTestFinished(() => server.stop());
  const folder = await temporary();
  const ran = join(folder, "ran");
  await writeFile(
    join(folder, "own"),
    JSON.stringify({
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      clusters: [{ name: "c", cluster: { server: server.url } }],
      users: [
        {
          name: "u",
          user: { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "touch", args: [ran] } },
        },
      ],
    }),
  );
  const clusters = [meshCluster("own", { access: { kubeconfig: { path: join(folder, "own") } } })];

  const { problems } = await observe(await open(clusters, {}));

  expect(problems).toMatchObject([
    {
      code: "KUBECONFIG_INVALID",
      message: expect.stringContaining("would run touch"),
      hint: expect.stringContaining("--trust-access"),
    },
  ]);
  await expect(stat(ran)).rejects.toMatchObject({ code: "ENOENT" });

  await observe(await open(clusters, { trustAccess: true }));

  await expect(stat(ran)).resolves.toBeDefined();
});

test("a directory that is not below the declarations is read only where the person says that they are trusted", async () => {
  const [folder, other] = [await temporary(), await temporary()];
  await mkdir(join(folder, "deep/clusters"), { recursive: true });
  await symlink(other, join(folder, "deep/link"));
  const problemsOf = async (directory: string, options: OpenTargetsOptions = {}) => {
    const sources = { fileOf: () => join(folder, "deep/mesh.yaml") };
    const { problems } = await observe(
      await open([meshCluster("c", { access: { directory } })], { sources, ...options }),
    );
    return problems.map(({ code, message }) => [code, message.includes("outside the folder")]);
  };

  expect(await problemsOf("clusters")).toEqual([]);
  expect(await problemsOf(join(folder, "deep"))).toEqual([]);
  for (const elsewhere of ["..", other, "link", "../deeper", "link/none"]) {
    expect(await problemsOf(elsewhere)).toEqual([["DIRECTORY_INVALID", true]]);
  }
  expect(await problemsOf("..", { cwd: folder })).toEqual([]);
  expect(await problemsOf("link", { trustAccess: true })).toEqual([]);
});

test("a server that need not show who it is gets a warning", async () => {
  const server = await startFakeApiServer();
  onTestFinished(() => server.stop());
  const folder = await temporary();
  const file = await kubeconfig(join(folder, "own"), server.url, ["c"]);
  const config = JSON.parse(await readFile(file, "utf8"));
  config.clusters[0].cluster["insecure-skip-tls-verify"] = true;
  await writeFile(file, JSON.stringify(config));

  const { problems } = await observe(await open([meshCluster("c")], { kubeconfig: file }));

  expect(problems).toMatchObject([{ code: "CLUSTER_UNVERIFIED", severity: "warning", at: "c" }]);
});
