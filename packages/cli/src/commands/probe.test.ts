import { expect, test } from "vitest";
import { exampleFolder, runCli } from "../testing/runCli.ts";

test("a CA that is not there, or whose passphrase is wrong, ends a probe before anything is tried", async () => {
  const folder = await exampleFolder();
  const probe = (passphrase: string) =>
    runCli(folder, ["probe", "--identity", "ca"], { env: { ISTHMUS_CA_PASSPHRASE: passphrase } });

  const without = await probe("correct horse battery");
  await runCli(folder, ["ca", "init"], { env: { ISTHMUS_CA_PASSPHRASE: "correct horse battery" } });
  const wrong = await probe("wrong horse battery");

  expect(without).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("error[CA_MISSING]") });
  expect(wrong).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("error[CA_KEY_LOCKED]") });
});

test("a name that no path leads to is told before a CA is opened", async () => {
  const run = await runCli(await exampleFolder(), ["probe", "nobody.bar", "--identity", "ca"]);

  expect(run).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("error[USAGE]") });
});
