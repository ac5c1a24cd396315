import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exampleFolder, filesIn, runCli } from "../testing/runCli.ts";

test("after an apply every hop is in place", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);

  const run = await runCli(folder, ["verify"]);

  expect(run).toMatchObject({ code: 0, stderr: "" });
  await expect(run.stdout).toMatchFileSnapshot("testdata/verify.golden.txt");
});

test("before an apply the path is broken, and the hops tell where", async () => {
  const folder = await exampleFolder();

  const run = await runCli(folder, ["verify", "-o", "json"]);

  expect(run.code).toBe(1);
  expect(JSON.parse(run.stdout)).toMatchObject({ proofs: [{ verdict: "broken" }] });
});

test("an address that someone changed breaks the path", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);
  const [entry = ""] = Object.keys(await filesIn(folder)).filter((file) => file.includes("serviceentry"));
  const text = await readFile(join(folder, entry), "utf8");
  await writeFile(join(folder, entry), text.replace("192.168.121.10", "192.168.121.99"));

  const run = await runCli(folder, ["verify"]);

  expect(run).toMatchObject({ code: 1, stdout: expect.stringContaining("✖") });
});

test("where the declarations cannot be read nothing is proved: exit code 2", async () => {
  const folder = await exampleFolder();
  await rm(join(folder, "mesh.yaml"));

  const run = await runCli(folder, ["verify"]);

  expect(run).toMatchObject({ code: 2, stdout: "" });
});

test("what is not ours and stands in a call's way breaks a path of which everything is in place", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);
  const policy =
    "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: none, namespace: bar}\nspec: {action: DENY, rules: [{}]}\n";
  await writeFile(join(folder, "clusters/cluster2/deny.yaml"), policy);

  const run = await runCli(folder, ["verify", "-o", "json"]);

  expect(run.code).toBe(1);
  expect(JSON.parse(run.stdout)).toMatchObject({
    proofs: [{ verdict: "broken", trace: { blamed: { code: "TRACE_DENIED", object: { name: "none" } } } }],
  });
});
