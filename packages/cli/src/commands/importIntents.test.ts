import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { emptyFolder, filesIn, runCli } from "../testing/runCli.ts";

const example = fileURLToPath(new URL("../../../../examples/emco-import", import.meta.url));

test("what is made of examples/emco-import's intents is what the example declares", async () => {
  const declared = await readFile(join(example, "httpbin.yaml"), "utf8");

  const run = await runCli(example, ["import", "emco", "intents.emco"]);

  expect(run.code).toBe(0);
  expect(run.stdout.endsWith(`---\n${declared}`)).toBe(true);
  expect(run.stdout).toContain('perCluster: "{service}.{namespace}.provider1.{cluster}"');
  expect(run.stderr).toContain("warning[IMPORT_BY_HAND]");
  expect(run.stderr).toContain("isthmus plan");
});

test("--out writes a file, which plan takes; a second time only with --force", async () => {
  const folder = await emptyFolder();
  await cp(example, folder, { recursive: true });
  const argv = ["import", "emco", "intents.emco", "--out", "declared.yaml"];

  const first = await runCli(folder, argv);
  const again = await runCli(folder, argv);
  const forced = await runCli(folder, [...argv, "--force"]);

  expect(first).toMatchObject({ code: 0, stdout: "" });
  expect((await filesIn(folder))["declared.yaml"]).toContain("kind: SharedService");
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("declared.yaml exists already") });
  expect(forced.code).toBe(0);
});

test("with a mistake nothing is printed, and all mistakes are told with their places", async () => {
  const folder = await emptyFolder();
  const spec = { app: "httpbin", serviceName: "Httpbin", port: 0 };
  await writeFile(join(folder, "intents.json"), JSON.stringify({ metadata: { name: "in" }, spec }));

  const run = await runCli(folder, ["import", "emco", "intents.json"]);

  expect(run).toMatchObject({ code: 1, stdout: "" });
  expect(run.stderr.match(/--> intents\.json:1:\d+/g)).toHaveLength(2);
});

test("a place that is not app=cluster is a wrong command line", async () => {
  const run = await runCli(example, ["import", "emco", "intents.emco", "--place", "httpbin"]);

  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining("--place httpbin is not app=cluster") });
});

test("as JSON the declarations are data", async () => {
  const run = await runCli(example, ["import", "emco", "intents.emco", "-o", "json"]);

  expect(JSON.parse(run.stdout).map(({ kind }: { kind: string }) => kind)).toEqual([
    "Mesh",
    "MeshCluster",
    "MeshCluster",
    "SharedService",
    "ExternalAccess",
  ]);
});
