import type { Command } from "commander";
import { expect, test } from "vitest";
import { examples } from "./examples.ts";
import type { Io } from "./io.ts";
import { buildProgram } from "./program.ts";
import { emptyFolder, exampleFolder, runCli } from "./testing/runCli.ts";
import { version } from "./version.ts";

test("--version prints the version alone", async () => {
  const run = await runCli("/", ["--version"]);

  expect(run).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});

test("--help fits 80 columns and names every command", async () => {
  const run = await runCli("/", ["--help"]);

  expect(run).toMatchObject({ code: 0, stderr: "" });
  await expect(run.stdout).toMatchFileSnapshot("testdata/help.golden.txt");
  expect(Math.max(...run.stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("no command at all is answered with the help, as a mistake", async () => {
  const run = await runCli("/", []);

  expect(run.code).toBe(1);
  expect(run.stderr).toContain("Usage: isthmus");
});

test.each([
  [["aply"], 1, "unknown command 'aply'", "apply"],
  [["plan", "--prun"], 1, "unknown option '--prun'", "--prune"],
  [["diff", "--prun"], 2, "unknown option '--prun'", "--prune"],
  [["verify", "--no-such"], 2, "unknown option '--no-such'", "isthmus verify --help"],
  [["status", "-o", "xml"], 1, "--output xml", "json"],
  [["status", "--timeout", "soon"], 1, "--timeout", "30s"],
  [["connect", "httpbin.bar"], 1, "--from", "isthmus connect --help"],
  [["connect", "a.b", "--from", "c", "--to", "d", "--port", "0"], 1, "--port", "65535"],
  [["connect", "a.b", "--from", "c", "--to", "d", "--as", "Nickname"], 1, "--as", "PerCluster"],
] as const)("%j ends with %i and a suggestion", async (argv, code, message, hint) => {
  const run = await runCli(await emptyFolder(), argv);

  expect(run).toMatchObject({ code, stdout: "" });
  expect(run.stderr).toContain("error[USAGE]");
  expect(run.stderr).toContain(message);
  expect(run.stderr).toContain(hint);
});

const escapeSequence = "\u001b[";

test("colours appear on a terminal only, and not with NO_COLOR or --no-color", async () => {
  const folder = await exampleFolder();

  const runs = [
    await runCli(folder, ["plan"], { keys: [] }),
    await runCli(folder, ["plan"]),
    await runCli(folder, ["plan"], { keys: [], env: { NO_COLOR: "1" } }),
    await runCli(folder, ["plan", "--no-color"], { keys: [] }),
    await runCli(folder, ["plan"], { keys: [], env: { TERM: "dumb" } }),
  ];

  expect(runs.map(({ stdout }) => stdout.includes(escapeSequence))).toEqual([true, false, false, false, false]);
});

test("when the time is over the command gives up", async () => {
  const folder = await exampleFolder();

  const run = await runCli(folder, ["plan", "--timeout", "1ms"]);

  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining("error[TIMED_OUT]") });
});

test("colours come where they are asked for, and signs are ASCII where the locale has no others", async () => {
  const folder = await exampleFolder();
  const verify = (env: Readonly<Record<string, string>>) => runCli(folder, ["verify", "--no-probe"], { env });

  expect((await verify({ FORCE_COLOR: "1" })).stdout).toContain("\u001B[");
  for (const env of [{}, { FORCE_COLOR: "0" }, { FORCE_COLOR: "1", NO_COLOR: "1" }])
    expect((await verify(env)).stdout).not.toContain("\u001B[");
  expect((await verify({ LANG: "C.UTF-8" })).stdout).toContain("✖");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all that is ASCII
  expect((await verify({ LC_ALL: "C" })).stdout).toMatch(/^[\u0000-\u007F]+$/);
});

test("a folder whose name would move the cursor is named without", async () => {
  const run = await runCli(await exampleFolder(), ["plan", "-f", "a\u001B[2Kb.yaml"]);

  expect(run.stderr).toContain("a\\u001b[2Kb.yaml");
  expect(run.stderr).not.toContain("\u001B");
});

test.each([80, 120])("tables fit %i columns, with words whole where there is room", async (columns) => {
  const folder = await exampleFolder("egress-via");

  for (const argv of [["status"], ["explain"]]) {
    const { stdout } = await runCli(folder, argv, { columns });

    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(columns);
    if (argv[0] === "status") await expect(stdout).toMatchFileSnapshot(`testdata/status-${columns}.golden.txt`);
  }
});

test("every command shows how it is called, with options that it has", async () => {
  const program = buildProgram(
    { stdout: { columns: 80 } } as Io,
    () => {},
    async () => 0,
  );
  for (const [path, lines] of Object.entries(examples)) {
    const words = path.split(" ");
    const { stdout } = await runCli("/", [...words, "--help"]);
    const command = words.reduce<Command>((parent, name) => {
      const found = parent.commands.find((each) => each.name() === name);
      if (found === undefined) throw new Error(`there is no command ${path}`);
      return found;
    }, program);
    const known = [...command.options, ...program.options].flatMap(({ long, short }) => [long, short]);
    for (const line of lines) {
      expect(stdout).toContain(`  ${line}\n`);
      const [own = ""] = line.split(/ \| | > /);
      for (const option of own.match(/(?<= )--?[a-zA-Z][a-zA-Z-]*/g) ?? []) expect(known, line).toContain(option);
    }
  }
  expect(program.commands.map((each) => each.name()).filter((name) => !["ca", "complete"].includes(name))).toEqual(
    expect.arrayContaining(Object.keys(examples).filter((path) => !path.includes(" "))),
  );
});

test("status and verify of a service are of it alone, and a slip in its name is told", async () => {
  const folder = await exampleFolder("egress-via");

  const status = await runCli(folder, ["status", "api.foo"]);
  const verify = await runCli(folder, ["verify", "foo/api", "--no-probe", "-o", "json"]);
  const slip = await runCli(folder, ["status", "apy.foo"]);

  expect(status.stdout).toContain("foo/api");
  expect(status.stdout).not.toContain("foo/mysql");
  expect(new Set(JSON.parse(verify.stdout).proofs.map(({ path }: { path: { host: string } }) => path.host))).toEqual(
    new Set(["api.example.com"]),
  );
  expect(slip).toMatchObject({ code: 1, stderr: expect.stringContaining("did you mean api.foo?") });
});
