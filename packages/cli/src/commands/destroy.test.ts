import { expect, test } from "vitest";
import { exampleFolder, filesIn, runCli } from "../testing/runCli.ts";

test("destroy deletes what was written into the clusters, and nothing else", async () => {
  const folder = await exampleFolder();
  const before = await filesIn(folder);
  await runCli(folder, ["apply", "--yes"]);
  const applied = await filesIn(folder);

  const dry = await runCli(folder, ["destroy", "--dry-run"]);
  const unasked = await runCli(folder, ["destroy"]);
  const between = await filesIn(folder);
  const done = await runCli(folder, ["destroy", "--yes"]);

  expect(dry.code).toBe(0);
  expect(unasked).toMatchObject({ code: 1, stderr: expect.stringContaining("CONFIRMATION_NEEDED") });
  expect(between).toEqual(applied);
  expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining("3 deleted") });
  expect(await filesIn(folder)).toEqual(before);
});
