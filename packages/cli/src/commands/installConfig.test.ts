import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { emptyFolder, exampleFolder, runCli } from "../testing/runCli.ts";

test("Helm values are three documents, each with the command that takes it", async () => {
  const folder = await emptyFolder();

  const run = await runCli(folder, [
    "install-config",
    "cluster1",
    "--service",
    "NodePort",
    "--multi-root",
    "--access-log",
  ]);

  expect(run.code).toBe(0);
  expect(parseAllDocuments(run.stdout)).toHaveLength(3);
  await expect(run.stdout).toMatchFileSnapshot("testdata/installConfig.golden.yaml");
});

test("against present values only the lines that differ are shown, and the exit code is that of diff", async () => {
  const folder = await emptyFolder();
  const istiod = await runCli(folder, ["install-config", "cluster1", "--chart", "istiod"]);
  const same = { replicaCount: 3, ...parse(istiod.stdout) };
  await writeFile(join(folder, "same.yaml"), JSON.stringify(same));
  await writeFile(
    join(folder, "other.yaml"),
    JSON.stringify({ ...same, global: { ...same.global, network: "wrong" } }),
  );

  const [none, one, broken] = await Promise.all(
    ["same.yaml", "other.yaml", "absent.yaml"].map((file) =>
      runCli(folder, ["install-config", "cluster1", "--current", file]),
    ),
  );

  expect(none).toMatchObject({ code: 0, stdout: "" });
  expect(one?.code).toBe(1);
  expect(one?.stdout.split("\n").filter((line) => /^[-+] /.test(line))).toEqual([
    "-  network: wrong",
    "+  network: cluster1",
  ]);
  expect(broken?.code).toBe(2);
});

test("the mesh that is declared tells names and trust domain; a cluster that is not declared is refused", async () => {
  const folder = await exampleFolder();
  await writeFile(
    join(folder, "more.yaml"),
    "apiVersion: isthmus.io/v1alpha1\nkind: Mesh\nmetadata: {name: shop}\nspec: {trustDomain: shop.example}\n",
  );

  const known = await runCli(folder, ["install-config", "cluster2", "--format", "operator", "-o", "json"]);
  const unknown = await runCli(folder, ["install-config", "cluster3"]);
  const live = await runCli(folder, ["install-config", "cluster2", "--live"]);

  expect(JSON.parse(known.stdout)).toMatchObject({
    kind: "IstioOperator",
    spec: { meshConfig: { trustDomain: "shop.example" }, values: { global: { meshID: "shop", network: "cluster2" } } },
  });
  expect([unknown.code, live.code]).toEqual([2, 2]);
  expect(unknown.stderr).toContain("USAGE");
  expect(live.stderr).toContain("--format meshconfig");
});

test("present values whose aliases would fill the memory are refused, as is what is not YAML", async () => {
  const folder = await emptyFolder();
  const doubled = Array.from({ length: 40 }, (_, level) => `a${level + 1}: &a${level + 1} [*a${level}, *a${level}]`);
  await writeFile(join(folder, "bomb.yaml"), ["a0: &a0 [x]", ...doubled].join("\n"));
  await writeFile(join(folder, "broken.yaml"), "a: [");

  const [bomb, broken] = await Promise.all(
    ["bomb.yaml", "broken.yaml"].map((file) => runCli(folder, ["install-config", "cluster1", "--current", file])),
  );

  expect(bomb?.stderr).toContain("error[YAML_ALIASES]");
  expect(broken?.stderr).toContain("error[YAML_INVALID]");
});
