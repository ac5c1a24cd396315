import { readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exampleFolder, runCli } from "../testing/runCli.ts";

async function diffBy(program: string, options: { readonly isApplied?: boolean } = {}) {
  const folder = await exampleFolder();
  if (options.isApplied === true) await runCli(folder, ["apply", "--yes"]);
  return {
    folder,
    run: await runCli(folder, ["diff"], { env: { PATH: process.env.PATH, KUBECTL_EXTERNAL_DIFF: program } }),
  };
}

const leftFolders = async () => (await readdir(tmpdir())).filter((name) => /^(LIVE|MERGED)-/.test(name));

test("the program of KUBECTL_EXTERNAL_DIFF gets two folders, and its exit code is the answer", async () => {
  const { run } = await diffBy("diff -N -u -r");

  expect(run).toMatchObject({ code: 1, stderr: "" });
  expect(run.stdout).toMatch(
    /^\+\+\+ .*MERGED-\w+\/cluster2\.networking\.istio\.io\.Gateway\.istio-system\.bar-httpbin-/m,
  );
  expect(run.stdout).toContain("+kind: ServiceEntry\n");
  expect(await leftFolders()).toEqual([]);
});

test.each([
  ["true", 0],
  ["false", 1],
  ["node -e process.exit(7)", 7],
])("%s ends with %i", async (program, code) => {
  expect((await diffBy(program)).run).toMatchObject({ code });
});

test("no shell reads its words, and one that is not there is told", async () => {
  const folder = await exampleFolder();
  const env = { PATH: process.env.PATH, KUBECTL_EXTERNAL_DIFF: "no-such-diff ; touch made" };

  const run = await runCli(folder, ["diff"], { env });

  expect(run).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("no-such-diff of KUBECTL_EXTERNAL_DIFF cannot be started"),
  });
  expect(await readdir(folder)).not.toContain("made");
  expect(await leftFolders()).toEqual([]);
});

test("where nothing differs no program is started", async () => {
  expect((await diffBy("false", { isApplied: true })).run).toMatchObject({ code: 0, stdout: "" });
});

test("a changed field is shown with what is around it", async () => {
  const { folder } = await diffBy("true", { isApplied: true });
  const [name = ""] = (await readdir(join(folder, "clusters/cluster1/isthmus"))).filter((each) =>
    /^serviceentry/.test(each),
  );
  const file = join(folder, "clusters/cluster1/isthmus", name);
  await writeFile(file, (await readFile(file, "utf8")).replace("32001", "32002"));

  const run = await runCli(folder, ["diff"]);

  expect(run.code).toBe(1);
  expect(run.stdout).toMatch(
    /^ .*address: 192\.168\.121\.10\n .*locality: .*\n .*ports:\n- +http: 32002\n\+ +http: 32001$/m,
  );
});
