import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { emptyFolder, exampleFolder, filesIn, runCli } from "../testing/runCli.ts";

test("plan shows the example's objects, path and summary, and writes nothing", async () => {
  const folder = await exampleFolder();
  const before = await filesIn(folder);

  const run = await runCli(folder, ["plan"]);

  expect(run).toMatchObject({ code: 0, stderr: "" });
  await expect(run.stdout).toMatchFileSnapshot("testdata/plan.golden.txt");
  expect(await filesIn(folder)).toEqual(before);
});

test("--detailed-exitcode tells changes, none and errors apart", async () => {
  const folder = await exampleFolder();

  const changes = await runCli(folder, ["plan", "--detailed-exitcode"]);
  await runCli(folder, ["apply", "--yes"]);
  const none = await runCli(folder, ["plan", "--detailed-exitcode"]);
  const error = await runCli(folder, ["plan", "--detailed-exitcode", "-f", "no-such.yaml"]);

  expect([changes.code, none.code, error.code]).toEqual([2, 0, 1]);
});

test("diff tells differences, none and errors apart", async () => {
  const folder = await exampleFolder();

  const some = await runCli(folder, ["diff"]);
  await runCli(folder, ["apply", "--yes"]);
  const none = await runCli(folder, ["diff"]);
  const error = await runCli(folder, ["diff", "-f", "no-such.yaml"]);

  expect([some.code, none.code, error.code]).toEqual([1, 0, 2]);
  expect(none.stdout).toBe("");
});

test("a field that someone changed is shown as what it is and what it becomes", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);
  const [entry = ""] = Object.keys(await filesIn(folder)).filter((file) => file.includes("serviceentry"));
  const text = await readFile(join(folder, entry), "utf8");
  await writeFile(join(folder, entry), text.replace("192.168.121.10", "192.168.121.99"));

  const plan = await runCli(folder, ["plan"]);
  const diff = await runCli(folder, ["diff"]);

  expect(plan.stdout).toContain("~ spec.endpoints[0].address: 192.168.121.99 → 192.168.121.10");
  expect(diff.stdout).toContain("-    - address: 192.168.121.99\n+    - address: 192.168.121.10\n");
});

test("--no-prune keeps what is declared no longer", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);
  await rm(join(folder, "httpbin.yaml"));

  const keep = await runCli(folder, ["plan", "--no-prune"]);
  const prune = await runCli(folder, ["plan"]);

  expect(keep.stdout).toContain("0 to delete");
  expect(prune.stdout).toContain("3 to delete");
});

test("json and yaml hold the same plan", async () => {
  const folder = await exampleFolder();

  const json = await runCli(folder, ["plan", "-o", "json"]);
  const yaml = await runCli(folder, ["plan", "-o", "yaml"]);

  expect(JSON.parse(json.stdout)).toMatchObject({
    summary: { create: 3 },
    paths: [{ host: "httpbin.bar.cluster2", port: 8000 }],
    pending: {},
    problems: [],
  });
  expect(parse(yaml.stdout)).toEqual(JSON.parse(json.stdout));
});

test("in json what is wrong is data as well", async () => {
  const folder = await exampleFolder();
  await writeFile(join(folder, "httpbin.yaml"), "apiVersion: isthmus.io/v1alpha1\nkind: SharedServic\n");

  const run = await runCli(folder, ["plan", "-o", "json"]);

  expect(run.code).toBe(1);
  expect(JSON.parse(run.stdout).problems).toMatchObject([{ code: "KIND_UNKNOWN", at: "httpbin.yaml:2:7" }]);
});

test("in a folder without declarations it says how to start", async () => {
  const run = await runCli(await emptyFolder(), ["plan"]);

  expect(run).toMatchObject({ code: 1, stdout: "" });
  expect(run.stderr).toContain("error[NO_INTENTS]");
  expect(run.stderr).toContain("isthmus init");
});

test("declarations come from standard input, too", async () => {
  const folder = await exampleFolder();
  const text = `${await readFile(join(folder, "mesh.yaml"), "utf8")}---\n${await readFile(join(folder, "httpbin.yaml"), "utf8")}`;

  const run = await runCli(folder, ["plan", "-f", "-"], { input: text });

  expect(run.stdout).toContain("3 to create");
});

test("a Secret in a cluster's folder appears nowhere", async () => {
  const folder = await exampleFolder();
  const secret = "kind: Secret\napiVersion: v1\nmetadata: {name: key, namespace: bar}\nstringData: {key: hunter2}\n";
  await writeFile(join(folder, "clusters/cluster2/secret.yaml"), secret);

  const runs = await Promise.all(
    [["plan", "-v"], ["plan", "-o", "json"], ["diff"], ["status", "-o", "json"], ["plan", "--out", "saved.plan"]].map(
      (argv) => runCli(folder, argv),
    ),
  );

  const told =
    runs.map(({ stdout, stderr }) => stdout + stderr).join("") + (await readFile(join(folder, "saved.plan"), "utf8"));
  expect(told).not.toContain("hunter2");
});
