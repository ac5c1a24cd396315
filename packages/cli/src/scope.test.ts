import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exampleFolder, filesIn, runCli } from "./testing/runCli.ts";

/** Declarations of namespace foo, `api`, `mysql` and `web`; where told, applied. */
async function severalServices(options: { readonly isApplied: boolean }): Promise<string> {
  const folder = await exampleFolder("egress-via");
  if (options.isApplied) expect(await runCli(folder, ["apply", "--yes"])).toMatchObject({ code: 0 });
  return folder;
}

interface Data {
  readonly actions: readonly { readonly owner: string; readonly verb: string; readonly cluster: string }[];
  readonly leftOut: readonly { readonly owner: string; readonly writes: number }[];
}

const writers = ({ actions }: Data) => [
  ...new Set(actions.filter(({ verb }) => verb !== "noop").map(({ owner }) => owner)),
];

test("a plan of one service writes for it alone, and says what it leaves out", async () => {
  const folder = await severalServices({ isApplied: false });

  const data: Data = JSON.parse((await runCli(folder, ["plan", "api.foo", "-o", "json"])).stdout);
  const text = (await runCli(folder, ["plan", "api.foo"])).stdout;

  expect(writers(data)).toEqual(["ExternalService.foo.api"]);
  expect(data.leftOut.map(({ owner }) => owner)).toContain("ExternalService.foo.mysql");
  expect(text).toMatch(/Left out[\s\S]*ExternalService\.foo\.mysql: \d+ changes/);
});

test("an apply of one service deletes nothing of another that no file declares any longer, and touches none of its files", async () => {
  const folder = await severalServices({ isApplied: true });
  await rm(join(folder, "mysql.yaml"));
  const before = await filesIn(join(folder, "clusters"));

  const whole: Data = JSON.parse((await runCli(folder, ["plan", "-o", "json"])).stdout);
  const run = await runCli(folder, ["apply", "api.foo", "--yes"]);

  expect(whole.actions.filter(({ verb }) => verb === "delete").length).toBeGreaterThan(0);
  expect(run).toMatchObject({ code: 0 });
  expect(run.stderr).toContain("ExternalService.foo.mysql");
  expect(await filesIn(join(folder, "clusters"))).toEqual(before);
});

test("a service that no file declares any longer can be named, and its objects go alone", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);
  await rename(join(folder, "httpbin.yaml"), join(folder, "httpbin.gone"));

  const data: Data = JSON.parse((await runCli(folder, ["plan", "httpbin.bar", "-o", "json"])).stdout);

  expect(data.actions.map(({ verb }) => verb)).toEqual(["delete", "delete", "delete"]);
});

test("a plan of one cluster leaves out what has to wait for another", async () => {
  const folder = await exampleFolder();

  const client: Data = JSON.parse((await runCli(folder, ["plan", "--cluster", "cluster1", "-o", "json"])).stdout);
  const server: Data = JSON.parse((await runCli(folder, ["plan", "--cluster", "cluster2", "-o", "json"])).stdout);

  expect(writers(client)).toEqual([]);
  expect(server.actions.filter(({ verb }) => verb !== "noop").map(({ cluster }) => cluster)).toEqual(["cluster2"]);
});

test.each(["plan", "diff", "apply", "status", "verify", "probe"])(
  "%s takes the same words for what it is about, and tells of a slip in them",
  async (command) => {
    const folder = await exampleFolder();
    const told = async (...words: readonly string[]) => (await runCli(folder, [command, ...words])).stderr;

    expect(await told("httpbim.bar")).toContain("did you mean httpbin.bar?");
    expect(await told("-n", "nowhere")).toContain("nothing is declared in namespace nowhere");
    expect(await told("-l", "tier=web")).toContain("nothing is declared with labels tier=web");
    expect(await told("-l", "a b")).toContain("is not a selection of labels");
    expect(await told("--cluster", "cluster3")).toContain("no cluster cluster3 is declared");
    expect(await told("--context", "kind-eu")).toContain("no cluster is declared with the context kind-eu");
    expect(await told("httpbin.bar", "-n", "bar", "--cluster", "cluster1")).not.toContain("USAGE");
  },
);

test("a saved plan of one service is applied as it is, and only as a whole", async () => {
  const folder = await severalServices({ isApplied: false });
  await runCli(folder, ["plan", "api.foo", "--out", "saved.plan"]);

  const narrowed = await runCli(folder, ["apply", "saved.plan", "api.foo", "--yes"]);
  const run = await runCli(folder, ["apply", "saved.plan", "--yes"]);

  expect(narrowed).toMatchObject({ code: 1, stderr: expect.stringContaining("applied as a whole") });
  expect(run).toMatchObject({ code: 0 });
  await rm(join(folder, "saved.plan"));
  const rest: Data = JSON.parse((await runCli(folder, ["plan", "-o", "json"])).stdout);
  expect(writers(rest)).toEqual(["ExternalService.foo.mysql", "ExternalService.foo.web"]);
});

test("what no file declares any longer has no labels to be chosen by", async () => {
  const folder = await severalServices({ isApplied: true });
  await rm(join(folder, "mysql.yaml"));

  const data: Data = JSON.parse((await runCli(folder, ["plan", "-l", "env!=prod", "-o", "json"])).stdout);

  expect(data.actions.filter(({ verb }) => verb === "delete")).toEqual([]);
});

test("nobody who asks for something is told that all of nothing stands", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);
  await rename(join(folder, "httpbin.yaml"), join(folder, "httpbin.gone"));

  expect(await runCli(folder, ["verify", "httpbin.bar", "--no-probe"])).toMatchObject({ code: 2 });
  expect(await runCli(folder, ["verify", "--cluster", "cluster1", "--no-probe"])).toMatchObject({ code: 2 });
  expect(await runCli(folder, ["probe", "-n", "bar"])).toMatchObject({ code: 2 });
});

test("apply --wait of what no file declares any longer tells what it deleted", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);
  await rename(join(folder, "httpbin.yaml"), join(folder, "httpbin.gone"));

  const run = await runCli(folder, ["apply", "httpbin.bar", "--yes", "--max-delete", "100%", "--wait", "5s"]);

  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("3 deleted") });
});

test("apply --wait of a saved plan of one service proves that one", async () => {
  const folder = await severalServices({ isApplied: false });
  await runCli(folder, ["plan", "api.foo", "--out", "saved.plan"]);

  const run = await runCli(folder, ["apply", "saved.plan", "--yes", "--wait", "1s", "-o", "json"]);

  const { proofs } = JSON.parse(run.stdout);
  expect(new Set(proofs.map(({ path }: { path: { owner: string } }) => path.owner))).toEqual(
    new Set(["ExternalService.foo.api"]),
  );
});

test("to take away one declaration alone is refused where another's path stands on its objects", async () => {
  const folder = await exampleFolder("external-service");
  await runCli(folder, ["apply", "--yes"]);
  const api = join(folder, "api.yaml");
  await writeFile(api, (await readFile(api, "utf8")).replace("name: api\n", "name: renamed\n"));
  const before = await filesIn(folder);

  const alone = await runCli(folder, ["apply", "api.foo", "--yes", "--max-delete", "100%"]);
  const unchanged = await filesIn(folder);
  const [first, then] = [
    await runCli(folder, ["apply", "renamed.foo", "--yes"]),
    await runCli(folder, ["apply", "api.foo", "--yes", "--max-delete", "100%"]),
  ];

  expect(alone).toMatchObject({ code: 1, stderr: expect.stringContaining("error[PATH_WOULD_BREAK]") });
  expect(unchanged).toEqual(before);
  expect([first.code, then.code]).toEqual([0, 0]);
});
