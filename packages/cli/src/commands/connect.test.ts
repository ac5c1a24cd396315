import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exampleFolder, filesIn, runCli } from "../testing/runCli.ts";

const toHttpbin = ["connect", "httpbin.bar", "--from", "cluster2", "--to", "cluster1/foo"] as const;

/** The example before anyone shares a service. */
async function unconnectedFolder(): Promise<string> {
  const folder = await exampleFolder();
  await rm(join(folder, "httpbin.yaml"));
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
