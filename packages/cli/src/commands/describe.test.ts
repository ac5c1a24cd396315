import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exampleFolder, runCli } from "../testing/runCli.ts";

test.each([80, 120])("all about one service, in %i columns", async (columns) => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);

  const run = await runCli(folder, ["describe", "httpbin.bar"], { columns });

  expect(run).toMatchObject({ code: 0, stderr: "" });
  await expect(run.stdout).toMatchFileSnapshot(`testdata/describe-${columns}.golden.txt`);
});

test("what is missing, drifts, denies and is not healthy is said of the host that is asked about", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);
  const policy = { apiVersion: "security.istio.io/v1", kind: "AuthorizationPolicy" };
  const denies = { ...policy, metadata: { name: "nobody", namespace: "bar" }, spec: {} };
  await writeFile(join(folder, "clusters/cluster2/policy.yaml"), JSON.stringify(denies));
  const { objects } = JSON.parse((await runCli(folder, ["describe", "httpbin.bar", "-o", "json"])).stdout);
  const gateway = objects.find(({ kind }: { kind: string }) => kind === "Gateway");
  await rm(join(folder, "clusters/cluster2/isthmus"), { recursive: true, force: true });

  const run = await runCli(folder, ["describe", "httpbin.bar.cluster2"]);

  expect(gateway).toMatchObject({ cluster: "cluster2", state: "in place", fields: [] });
  expect(run.stdout).toMatch(/AuthorizationPolicy +bar\/nobody +ALLOW, no rules/);
  expect(run.stdout).toContain("✖ foo@cluster1");
});

test("of several hosts of a declaration only the one that is named is described", async () => {
  const folder = await exampleFolder();
  const file = join(folder, "httpbin.yaml");
  await writeFile(file, `${await readFile(file, "utf8")}  as: [PerCluster, Mesh]\n`);

  const all = JSON.parse((await runCli(folder, ["describe", "httpbin.bar", "-o", "json"])).stdout);
  const one = JSON.parse((await runCli(folder, ["describe", "httpbin.bar.mesh", "-o", "json"])).stdout);

  expect(all.hosts).toEqual(["httpbin.bar.cluster2", "httpbin.bar.mesh"]);
  expect(one.hosts).toEqual(["httpbin.bar.mesh"]);
  expect(one.declarations).toEqual([{ declaration: "SharedService bar/httpbin", at: "httpbin.yaml:2:1" }]);
});

test("a name that nothing has is told, with the one that is meant", async () => {
  const run = await runCli(await exampleFolder(), ["describe", "httpbin.bar.cluster3"]);

  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining("did you mean httpbin.bar.cluster2?") });
});
