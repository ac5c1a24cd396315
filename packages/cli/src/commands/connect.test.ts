import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, exampleFolder, filesIn, runCli } from "../testing/runCli.ts";

const toHttpbin = ["connect", "httpbin.bar", "--from", "cluster2", "--to", "cluster1/foo"] as const;

/** The example before anyone shares a service. */
async function unconnectedFolder(): Promise<string> {
  const folder = await exampleFolder();
  await rm(join(folder, "httpbin.yaml"));
  return folder;
}

/** The same with more namespaces where the callers are. */
async function roomyFolder(): Promise<string> {
  const folder = await unconnectedFolder();
  const namespaces = ["other", "third"].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));
  const text = namespaces.map((each) => JSON.stringify(each)).join("\n---\n");
  await writeFile(join(folder, "clusters/cluster1/more.yaml"), text);
  return folder;
}

test("connect declares the service in a file of its own and shows the plan", async () => {
  const folder = await unconnectedFolder();
  const before = await filesIn(folder);

  const run = await runCli(folder, toHttpbin);

  const after = await filesIn(folder);
  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("3 to create") });
  await expect(after["httpbin.bar.yaml"]).toMatchFileSnapshot("testdata/connect.golden.yaml");
  expect(after).toEqual({ ...before, "httpbin.bar.yaml": after["httpbin.bar.yaml"] });
});

test("with -f it is added to that file, whose comments stay", async () => {
  const folder = await unconnectedFolder();
  const before = await readFile(join(folder, "mesh.yaml"), "utf8");

  const run = await runCli(folder, [...toHttpbin, "-f", "mesh.yaml"]);

  const after = await readFile(join(folder, "mesh.yaml"), "utf8");
  expect(run.code).toBe(0);
  expect(after.startsWith(before)).toBe(true);
  expect(after).toContain("kind: SharedService");
});

test("connecting again changes nothing", async () => {
  const folder = await unconnectedFolder();
  await runCli(folder, toHttpbin);
  const before = await filesIn(folder);

  const run = await runCli(folder, toHttpbin);

  expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining("is declared already, in httpbin.bar.yaml") });
  expect(await filesIn(folder)).toEqual(before);
});

test("what is declared differently stays as it is, and its place is named", async () => {
  const folder = await exampleFolder();
  const before = await filesIn(folder);

  const run = await runCli(folder, [...toHttpbin, "--as", "SameName"]);

  expect(run.code).toBe(1);
  expect(run.stderr).toMatch(/error\[RESOURCE_DUPLICATE\].*\n {2}--> httpbin\.yaml:\d+:\d+/);
  expect(await filesIn(folder)).toEqual(before);
});

test("a dry run shows the same plan and writes no file", async () => {
  const folder = await unconnectedFolder();
  const before = await filesIn(folder);

  const run = await runCli(folder, [...toHttpbin, "--dry-run"]);

  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("3 to create") });
  expect(await filesIn(folder)).toEqual(before);
});

test("a cluster that is not declared is refused, and no file is written", async () => {
  const folder = await unconnectedFolder();
  const before = await filesIn(folder);

  const run = await runCli(folder, ["connect", "httpbin.bar", "--from", "cluster3", "--to", "cluster1/foo"]);

  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining("error[CLUSTER_UNKNOWN]") });
  expect(await filesIn(folder)).toEqual(before);
});

test("a file that is broken already is reported, and not added to", async () => {
  const folder = await unconnectedFolder();
  await writeFile(join(folder, "mesh.yaml"), "apiVersion: isthmus.io/v1alpha1\nkind: [\n");
  const before = await filesIn(folder);

  const run = await runCli(folder, [...toHttpbin, "-f", "mesh.yaml"]);

  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining("error[YAML_INVALID]") });
  expect(await filesIn(folder)).toEqual(before);
});

test("a consumer is added to a declaration that is there, and told", async () => {
  const folder = await roomyFolder();
  await runCli(folder, toHttpbin);

  const run = await runCli(folder, [
    "connect",
    "bar/httpbin",
    "--from",
    "cluster2",
    "--to",
    "cluster1/foo",
    "--to",
    "cluster1/other",
  ]);

  expect(run.stderr).toContain("consumers cluster1/other");
  expect(await readFile(join(folder, "httpbin.bar.yaml"), "utf8")).toContain("namespaces: [other]");
});

test("what the plan refuses is not written, and what is written is told", async () => {
  const folder = await unconnectedFolder();
  const before = await filesIn(folder);

  const refused = await runCli(folder, ["connect", "none.bar", "--from", "cluster2", "--to", "cluster1/foo"]);

  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("Nothing was written") });
  expect(await filesIn(folder)).toEqual(before);
  expect((await runCli(folder, toHttpbin)).stderr).toContain("Wrote httpbin.bar.yaml.");
});

test("two that connect at a time into one file lose nothing", async () => {
  const folder = await roomyFolder();
  const connect = (to: string) =>
    runCli(folder, ["connect", "httpbin.bar", "--from", "cluster2", "--to", to, "-f", "mesh.yaml"]);

  await Promise.all([connect("cluster1/foo"), connect("cluster1/other"), connect("cluster1/third")]);

  const text = await readFile(join(folder, "mesh.yaml"), "utf8");
  for (const name of ["foo", "other", "third"]) expect(text).toContain(name);
  expect(Object.keys(await filesIn(folder)).filter((name) => name.includes(".isthmus"))).toEqual([]);
});

test("disconnect takes a consumer out, and with the last one the declaration and its file", async () => {
  const folder = await roomyFolder();
  await runCli(folder, [...toHttpbin, "--to", "cluster1/other"]);
  const before = await filesIn(folder);

  const dry = await runCli(folder, ["disconnect", "httpbin.bar", "--dry-run"]);
  const unchanged = await filesIn(folder);
  const one = await runCli(folder, ["disconnect", "httpbin.bar", "--to", "cluster1/other"]);
  const left = await readFile(join(folder, "httpbin.bar.yaml"), "utf8");
  const all = await runCli(folder, ["disconnect", "httpbin.bar.svc.cluster.local"]);

  expect([dry.code, unchanged]).toEqual([0, before]);
  expect(one.code).toBe(0);
  expect(left).not.toContain("other");
  expect(all).toMatchObject({ code: 0, stderr: expect.stringContaining("Deleted httpbin.bar.yaml") });
  expect(Object.keys(await filesIn(folder))).not.toContain("httpbin.bar.yaml");
});

test("who is not connected is not disconnected, and the name that was meant is told", async () => {
  const run = await runCli(await exampleFolder(), ["disconnect", "httpbon.bar"]);

  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining("did you mean httpbin.bar?") });
});

test.each([["."], ["mesh/sub"]])("what is edited in %s is locked there, and not the folder above", async (below) => {
  const folder = join(await emptyFolder(), "top");
  await cp(await exampleFolder(), folder, { recursive: true });
  await mkdir(join(folder, "mesh/sub"), { recursive: true });
  if (below !== ".") await rename(join(folder, "httpbin.yaml"), join(folder, below, "httpbin.yaml"));
  const files = below === "." ? [] : ["-f", below, "-f", "mesh.yaml"];
  const argv = ["disconnect", "httpbin.bar", ...files];
  // As of a process that runs.
  const lock = (where: string) => writeFile(join(folder, where, ".isthmus.lock"), String(process.pid));
  await lock(below);

  const waiting = await runCli(folder, argv, { signal: AbortSignal.timeout(1500) });
  await rm(join(folder, below, ".isthmus.lock"));
  await lock(join(below, ".."));
  const free = await runCli(folder, argv);
  await rm(join(folder, below, "..", ".isthmus.lock"));

  expect(waiting.code).not.toBe(0);
  expect(free).toMatchObject({ code: 0, stderr: expect.stringContaining("Deleted") });
});
