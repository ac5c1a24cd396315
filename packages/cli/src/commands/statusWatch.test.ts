import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { exampleFolder, runCli, startCli } from "../testing/runCli.ts";

test("status --watch shows what is new, until it is stopped", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);
  const stop = new AbortController();

  const watching = startCli(folder, ["status", "--watch"], { signal: stop.signal, columns: 120 });
  await watching.until((text) => text.includes("in sync"));
  await rm(join(folder, "clusters/cluster2/isthmus"), { recursive: true });
  await watching.until((text) => text.includes("to apply"));
  stop.abort();
  const run = await watching.ended;

  expect(run.code).toBe(130);
  expect(run.stdout.match(/^CLUSTER /gm)).toHaveLength(2);
  expect(run.stdout.indexOf("in sync")).toBeLessThan(run.stdout.indexOf("to apply"));
});

test("status --watch reads the declarations again: what they say now is shown, and what is wrong with them is told", async () => {
  const folder = await exampleFolder();
  const file = join(folder, "httpbin.yaml");
  const declared = await readFile(file, "utf8");
  const stop = new AbortController();

  const watching = startCli(folder, ["status", "--watch", "-o", "name"], { signal: stop.signal });
  await watching.until((text) => text.includes("bar/httpbin"));
  await writeFile(file, `${declared}---\n{apiVersion: isthmus.io/v1alpha1, kind: SharedService, metadata: [\n`);
  await watching.untilTold((text) => text.includes("error[YAML_INVALID]"));
  await writeFile(
    file,
    declared.replace("name: httpbin", "name: renamed").replace("spec:", "spec:\n  service: httpbin"),
  );
  await watching.until((text) => text.includes("bar/renamed"));
  stop.abort();

  expect((await watching.ended).code).toBe(130);
});

test("status --watch tells what is wrong, and ends where nobody reads any longer", async () => {
  const folder = await exampleFolder();
  const [there, away] = [join(folder, "clusters/cluster2"), join(folder, "away")];
  await rename(there, away);
  const program = fileURLToPath(new URL("../bin.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), program, "status", "--watch"], {
    cwd: folder,
    timeout: 60_000,
  });
  let told = "";
  child.stderr.on("data", (chunk: Buffer) => {
    told += chunk.toString();
  });
  await once(child.stdout, "data");
  child.stdout.destroy();
  await rename(away, there);
  const [code, signal] = await once(child, "close");

  expect({ code, signal }).toEqual({ code: 0, signal: null });
  expect(told).toMatch(/^error\[/m);
});

test("status tells links between clusters, names for other commands, and fields by kubectl's templates", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);

  const { links } = JSON.parse((await runCli(folder, ["status", "-o", "json"])).stdout);
  const names = (await runCli(folder, ["status", "-o", "name"])).stdout.trim().split("\n");
  const verified = await runCli(folder, ["verify", ...names, "--no-probe"]);
  const field = await runCli(folder, ["status", "-o", "jsonpath={.sharedServices[*].name}"]);
  const slip = await runCli(folder, ["status", "-o", "jsonpath={.a"]);

  expect(links).toEqual([{ from: "cluster1", to: "cluster2", paths: { works: 1, broken: 0, unknown: 0 } }]);
  expect(names).toEqual(["bar/httpbin"]);
  expect(verified.code).toBe(0);
  expect(field).toEqual({ code: 0, stdout: "bar/httpbin", stderr: "" });
  expect(slip).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("is not a JSONPath template") });
});

test("wide lines are as long as they need to be, and tell how each cluster is reached", async () => {
  const run = await runCli(await exampleFolder(), ["status", "-o", "wide"], { columns: 40 });

  expect(run.stdout).toMatch(/^cluster1 .* [0-9a-f]{64} .*clusters\/cluster1$/m);
});
