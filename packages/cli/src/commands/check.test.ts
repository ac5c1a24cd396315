import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkCategories } from "@isthmus/core/check";
import { expect, test } from "vitest";
import { checkCategories as offered } from "../program.ts";
import { emptyFolder, exampleFolder, runCli } from "../testing/runCli.ts";

test("two directories are checked as far as manifests go; what needs an API server is skipped", async () => {
  const folder = await exampleFolder();

  const run = await runCli(folder, ["check", "-v"]);
  const short = await runCli(folder, ["check"]);

  expect(short.stdout).not.toContain("○");
  expect(short.stdout).toContain("33 skipped (-v shows them).");
  expect(run).toMatchObject({ code: 0, stderr: "Checking cluster1, cluster2 …\n" });
  await expect(run.stdout).toMatchFileSnapshot("testdata/check.golden.txt");
});

test("what is wrong comes with its code, place and hint, and the exit code is 1", async () => {
  const folder = await exampleFolder();
  await writeFile(
    join(folder, "more.yaml"),
    "apiVersion: isthmus.io/v1alpha1\nkind: Mesh\nmetadata: {name: mesh}\nspec: {addressPool: 240.240.0.0/20}\n",
  );

  const table = await runCli(folder, ["check", "--category", "addresses"]);
  const data = await runCli(folder, ["check", "--category", "addresses", "--cluster", "cluster1", "-o", "json"]);
  const junit = await runCli(folder, ["check", "--category", "addresses", "-o", "junit"]);

  expect([table.code, data.code, junit.code]).toEqual([1, 1, 1]);
  await expect(table.stdout).toMatchFileSnapshot("testdata/checkFailed.golden.txt");
  await expect(junit.stdout).toMatchFileSnapshot("testdata/check.golden.xml");
  const { summary, rows } = JSON.parse(data.stdout);
  expect(summary).toMatchObject({ failed: 1 });
  expect(rows.find(({ status }: { status: string }) => status === "failed")).toMatchObject({
    code: "VIP_POOL_INVALID",
    at: "more.yaml:4:21",
    docs: "docs/problems.md#vip_pool_invalid",
  });
});

test("what could not be checked at all ends with 2", async () => {
  const broken = await emptyFolder();
  await writeFile(join(broken, "mesh.yaml"), "apiVersion: isthmus.io/v1alpha1\nkind: Mesh\n");

  const [nothing, unclear, unknown, wrong] = [
    await runCli(await emptyFolder(), ["check"]),
    await runCli(broken, ["check", "-o", "json"]),
    await runCli(await exampleFolder(), ["check", "--cluster", "cluster3"]),
    await runCli(await exampleFolder(), ["check", "-o", "xml"]),
  ];

  expect([nothing.code, unclear.code, unknown.code, wrong.code]).toEqual([2, 2, 2, 2]);
  expect(nothing.stderr).toContain("NO_INTENTS");
  expect(JSON.parse(unclear.stdout)).toMatchObject({ problems: [{ code: "FIELD_MISSING" }] });
  expect(unknown.stderr).toContain("did you mean cluster");
});

test("--wait checks again until its time is over", async () => {
  const folder = await emptyFolder();
  await writeFile(join(folder, "kubeconfig"), "apiVersion: v1\nkind: Config\n");

  const run = await runCli(folder, ["check", "--context", "gone", "--kubeconfig", "kubeconfig", "--wait", "2500ms"]);

  expect(run.code).toBe(1);
  expect(run.stderr.match(/Waiting for 1 to pass/g)).toHaveLength(1);
  expect(run.stdout).toContain("KUBECONFIG_INVALID");
});

test("the categories that the command line offers are core's", () => {
  expect(offered).toEqual(checkCategories);
});
