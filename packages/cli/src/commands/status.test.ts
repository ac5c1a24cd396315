import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { emptyFolder, exampleFolder, runCli } from "../testing/runCli.ts";

test("status shows each cluster's facts and each service's names, ends and state", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);

  const run = await runCli(folder, ["status"]);

  expect(run).toMatchObject({ code: 0, stderr: "" });
  await expect(run.stdout).toMatchFileSnapshot("testdata/status.golden.txt");
});

test("the state tells what is still to apply, and what a problem leaves pending", async () => {
  const folder = await exampleFolder();

  const before = await runCli(folder, ["status", "-o", "json"]);
  await rm(join(folder, "clusters/cluster2/httpbin.yaml"));
  const broken = await runCli(folder, ["status", "-o", "json"]);

  expect(JSON.parse(before.stdout)).toMatchObject({ sharedServices: [{ name: "bar/httpbin", state: "to apply" }] });
  expect(JSON.parse(broken.stdout)).toMatchObject({ sharedServices: [{ name: "bar/httpbin", state: "pending" }] });
  expect([before.code, broken.code]).toEqual([0, 1]);
});

test("a cluster that cannot be read is told as such, with the reason", async () => {
  const folder = await exampleFolder();
  await rm(join(folder, "clusters/cluster1"), { recursive: true });

  const run = await runCli(folder, ["status", "-o", "json"]);

  expect(JSON.parse(run.stdout)).toMatchObject({
    clusters: [{ name: "cluster1", unreachable: expect.stringContaining("cluster1") }, { name: "cluster2" }],
  });
});

test("what ServiceExports share is shown beside what is declared", async () => {
  const folder = await emptyFolder();
  await cp(fileURLToPath(new URL("../../../../examples/mcs", import.meta.url)), folder, { recursive: true });

  const run = await runCli(folder, ["status", "-o", "json"]);
  const table = await runCli(folder, ["status"]);

  expect(JSON.parse(run.stdout).sharedServices).toEqual([
    {
      name: "bar/httpbin",
      exported: true,
      hosts: ["httpbin.bar.svc.cluster.local", "httpbin.bar.svc.clusterset.local"],
      servedBy: ["cluster2"],
      consumers: ["cluster1", "cluster2"],
      paths: { works: 0, broken: 3, unknown: 0, why: expect.stringContaining("resolves nowhere") },
      state: "to apply",
    },
  ]);
  expect(table.stdout).toMatch(/^bar\/httpbin .*\n\(exported\)/m);
});

test.each(["emco-import", "egress-via"])(
  "what lets in and out is shown with where and for whom: %s",
  async (example) => {
    const folder = await exampleFolder(example);

    const run = await runCli(folder, ["status"]);

    expect(run.code).toBe(0);
    await expect(run.stdout).toMatchFileSnapshot(`testdata/status-${example}.golden.txt`);
  },
);
