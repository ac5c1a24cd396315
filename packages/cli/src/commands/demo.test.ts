import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, filesIn, runCli } from "../testing/runCli.ts";

test("the demo goes from declaration to proof in 80 columns, and all of it in its own folder", async () => {
  const folder = await emptyFolder();

  const run = await runCli(folder, ["demo"]);

  expect(run).toMatchObject({ code: 0, stderr: "" });
  await expect(run.stdout.replace(/\d+ ms/, "12 ms")).toMatchFileSnapshot("testdata/demo.golden.txt");
  expect(Math.max(...run.stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(Object.keys(await filesIn(folder)).every((file) => file.startsWith("isthmus-demo/"))).toBe(true);
});

test("what the demo leaves can be worked with", async () => {
  const folder = await emptyFolder();
  await runCli(folder, ["demo", "--dir", "here"]);

  const run = await runCli(join(folder, "here"), ["verify"]);

  expect(run.code).toBe(0);
});

test("a folder that holds something is left alone", async () => {
  const folder = await emptyFolder();
  await writeFile(join(folder, "mine"), "");

  const run = await runCli(folder, ["demo", "--dir", "."]);

  expect(run).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("error[USAGE]") });
  expect(await filesIn(folder)).toEqual({ mine: "" });
});

test("a folder that cannot be made is refused", async () => {
  const folder = await emptyFolder();
  await writeFile(join(folder, "file"), "");

  const run = await runCli(folder, ["demo", "--dir", "file/demo"]);

  expect(run).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("error[USAGE]") });
});
