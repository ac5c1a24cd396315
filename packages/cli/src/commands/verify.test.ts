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

test("for CI systems each path is a case of JUnit's XML, and what is wrong with it its failure", async () => {
  const folder = await exampleFolder();

  const before = await runCli(folder, ["verify", "-o", "junit"]);
  await runCli(folder, ["apply", "--yes"]);
  const after = await runCli(folder, ["verify", "-o", "junit"]);

  expect([before.code, after.code]).toEqual([1, 0]);
  await expect(before.stdout).toMatchFileSnapshot("testdata/verifyBroken.golden.xml");
  await expect(after.stdout).toMatchFileSnapshot("testdata/verify.golden.xml");
});

test("a path that must be called and cannot be from here is unknown; one that must not be is judged on paper", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);

  const called = await runCli(folder, ["verify", "--probe"]);
  const paper = await runCli(folder, ["verify", "--no-probe"]);

  expect(called).toMatchObject({ code: 2, stdout: expect.stringContaining("not tried: cluster2 is a directory") });
  expect(paper.code).toBe(0);
  expect(paper.stdout).not.toContain("wire");
});

test("--wait verifies again until every path stands, and tells what it waits for", async () => {
  const folder = await exampleFolder();

  const verifying = runCli(folder, ["verify", "--wait"]);
  await runCli(folder, ["apply", "--yes"]);
  const run = await verifying;

  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("1 path, all hops in place") });
});

test("once the time of --wait is over the last state is told", async () => {
  const folder = await exampleFolder();

  const run = await runCli(folder, ["verify", "--wait", "3s"]);

  expect(run).toMatchObject({ code: 1, stdout: expect.stringContaining("1 path: 0 in place, 1 broken") });
  expect(run.stderr).toMatch(
    /^Waiting: 1 of 1 paths, first http:\/\/httpbin\.bar\.cluster2:8000: objects: .* is missing.* …\n$/,
  );
});

test.each(["external-access", "egress-via"])(
  "paths of %s, in and out of the mesh, are proved on paper",
  async (example) => {
    const folder = await exampleFolder(example);
    await runCli(folder, ["apply", "--yes"]);

    const run = await runCli(folder, ["verify", "--probe"]);

    expect(run).toMatchObject({ code: 0, stderr: "" });
    await expect(run.stdout).toMatchFileSnapshot(`testdata/verify-${example}.golden.txt`);
  },
);

test("a path out of the mesh whose way somebody changed is broken", async () => {
  const folder = await exampleFolder("external-service");
  await runCli(folder, ["apply", "--yes"]);
  const files = await filesIn(folder);
  const [entry = ""] = Object.keys(files).filter((file) => /isthmus\/.*serviceentry.*mysql/i.test(file));
  await writeFile(join(folder, entry), (files[entry] ?? "").replace("203.0.113.7", "203.0.113.99"));

  const run = await runCli(folder, ["verify"]);

  expect(run).toMatchObject({ code: 1, stdout: expect.stringMatching(/✖ objects .*differs in spec\.endpoints/) });
});
