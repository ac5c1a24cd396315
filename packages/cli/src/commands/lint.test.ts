import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, runCli } from "../testing/runCli.ts";

const rule = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: edge
  namespace: shop
spec: {host: gone}
`;

test("an object without effect is told, with exit code 1, in every format", async () => {
  const folder = await emptyFolder();
  await writeFile(join(folder, "eu.yaml"), rule);

  const [table, json, junit, sarif] = await Promise.all(
    [[], ["-o", "json"], ["-o", "junit"], ["-o", "sarif"]].map((output) =>
      runCli(folder, ["lint", "--dir", "eu.yaml", ...output]),
    ),
  );

  expect([table, json, junit, sarif].map((run) => run?.code)).toEqual([1, 1, 1, 1]);
  expect(table?.stdout).toContain("eu: DestinationRule shop/edge spec.host");
  expect(JSON.parse(json?.stdout ?? "")).toMatchObject({ kind: "Lint", findings: [{ code: "LINT_HOST_UNKNOWN" }] });
  expect(junit?.stdout).toContain('<failure message="no Service and no ServiceEntry');
  expect(JSON.parse(sarif?.stdout ?? "")).toMatchObject({
    version: "2.1.0",
    runs: [{ results: [{ ruleId: "LINT_HOST_UNKNOWN", level: "warning" }] }],
  });
});

test("where nothing is found by some rules, and others could not be looked at, it says how many", async () => {
  const folder = await emptyFolder();
  const namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n---\n";
  await writeFile(
    join(folder, "pod.yaml"),
    `${namespace}{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, spec: {containers: 3}}\n`,
  );

  const run = await runCli(folder, ["lint", "--dir", "pod.yaml"]);

  expect(run.code).toBe(0);
  expect(run.stdout).toMatch(/^Nothing found by 7 of 12 rules; 5 could not be looked at: see below\.$/m);
  expect(run.stderr.match(/was not looked for/g)).toHaveLength(5);
});

test("where nothing is found the exit code is 0, and what a dump does not show is not looked for", async () => {
  const folder = await emptyFolder();
  await writeFile(join(folder, "eu.yaml"), rule.replace("  name: edge\n", "  name: edge\n  uid: a\n"));

  const dump = await runCli(folder, ["lint", "--dir", "eu.yaml"]);
  const empty = await runCli(folder, ["lint", "--dir", "gone.yaml"]);

  expect(dump.stdout).toBe("");
  expect(dump.code).toBe(2);
  expect(dump.stderr).toContain("eu: LINT_HOST_UNKNOWN was not looked for: of kind Service the dump shows none");
  expect(empty.code).toBe(2);
});
