import { expect, test } from "vitest";
import { exampleFolder, runCli } from "../testing/runCli.ts";

const clusters = ["--dir", "c1=clusters/cluster1", "--dir", "c2=clusters/cluster2"];

test("paths says who reaches what, without any declaration", async () => {
  const run = await runCli(await exampleFolder(), ["paths", ...clusters, "--to", "httpbin.bar"]);

  expect(run.code).toBe(0);
  expect(run.stdout).toContain("httpbin.bar:8000");
  expect(run.stdout).toContain("no such host");
  for (const line of run.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});

test("paths -o json names each caller and host, and keeps to what was asked", async () => {
  const run = await runCli(await exampleFolder(), ["paths", ...clusters, "--from", "sleep.foo@c1", "-o", "json"]);

  const { kind, callers, paths } = JSON.parse(run.stdout);
  expect(kind).toBe("Paths");
  expect(callers.map(({ workload }: { workload: string }) => workload)).toEqual(["sleep"]);
  expect(new Set(paths.flatMap(({ from }: { from: string[] }) => from))).toEqual(new Set(["sleep.foo@c1"]));
});

test("paths -o csv has a line for each caller and host", async () => {
  const run = await runCli(await exampleFolder(), ["paths", ...clusters, "-n", "foo", "-o", "csv"]);

  const [head, ...lines] = run.stdout.trim().split("\n");
  expect(head).toMatch(/^cluster,namespace,workload,/);
  expect(lines.some((line) => line.startsWith("c1,foo,sleep,"))).toBe(true);
  expect(lines.every((line) => line.includes("foo"))).toBe(true);
});

test("paths -o html is one file that may load and run nothing", async () => {
  const run = await runCli(await exampleFolder(), ["paths", ...clusters, "-o", "html"]);

  expect(run.stdout).toContain("default-src 'none'");
  expect(run.stdout).not.toMatch(/<script|\son\w+=|href=/);
});

test.each(["dot", "mermaid"])("paths -o %s draws namespaces", async (format) => {
  const run = await runCli(await exampleFolder(), ["paths", ...clusters, "-o", format]);

  expect(run.stdout).toContain(format === "dot" ? "digraph" : "flowchart");
  expect(run.stdout).toContain("reaches");
});

test.each([
  ["--from", "sleeep.foo", "sleep.foo"],
  ["--from", "sleep.foo@c3", "sleep.foo@c1"],
  ["--to", "httpbim.bar", "httpbin.bar"],
  ["--to", "httpbin.bar:8001", "httpbin.bar:8000"],
  ["-n", "fooo", "foo"],
])("a name that nothing has is an error and no empty table: %s %s", async (option, word, meant) => {
  const run = await runCli(await exampleFolder(), ["paths", ...clusters, option, word]);

  expect(run).toMatchObject({ code: 1, stdout: "" });
  expect(run.stderr).toContain(`did you mean ${meant}?`);
});

test("a filter that nothing passes says so", async () => {
  const run = await runCli(await exampleFolder(), ["paths", ...clusters, "--cross-region"]);

  expect(run).toMatchObject({ code: 0, stdout: "No path is like that.\n" });
});
