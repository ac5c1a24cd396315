import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Client } from "@modelcontextprotocol/client";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { expect, onTestFinished, test } from "vitest";
import { CollectedOutput } from "../collectedOutput.ts";
import type { Io } from "../io.ts";
import { run } from "../run.ts";
import { exampleFolder, filesIn, runCli } from "../testing/runCli.ts";

/** An assistant that has started us in `folder`. */
async function assistant(folder: string, ...options: readonly string[]): Promise<Client> {
  const [toUs, fromUs] = [new PassThrough(), new PassThrough()];
  const io: Io = {
    ...{ stdin: toUs, stdout: fromUs, stderr: new CollectedOutput(), env: { HOME: folder }, cwd: folder },
    signal: new AbortController().signal,
  };
  const ended = run(["mcp", ...options], io);
  const client = new Client({ name: "assistant", version: "1" });
  await client.connect(new StdioServerTransport(fromUs, toUs));
  onTestFinished(async () => {
    toUs.end();
    expect(await ended).toBe(0);
  });
  return client;
}

const trace = { from: "sleep.foo@cluster1", url: "http://httpbin.bar.cluster2:8000/get" };

const pathTest = `apiVersion: isthmus.io/v1alpha1
kind: PathTest
metadata: {name: httpbin}
spec:
  from: {workload: sleep, namespace: foo, cluster: cluster1}
  to: {url: "http://httpbin.bar.cluster2:8000/get"}
  expect: {reaches: {workload: httpbin}}
`;

test("an assistant gets what the command line prints, as data with a schema, and nothing that writes", async () => {
  const folder = await exampleFolder();
  await mkdir(join(folder, "tests"));
  await writeFile(join(folder, "tests/httpbin.yaml"), pathTest);
  const before = await filesIn(folder);
  const client = await assistant(folder);

  const { tools } = await client.listTools();
  const asked = [
    ["trace", trace, ["trace", trace.from, trace.url]],
    ["trace", { ...trace, planned: true }, ["trace", trace.from, trace.url, "--planned"]],
    ["status", {}, ["status"]],
    ["plan", { services: ["httpbin.bar"] }, ["plan", "httpbin.bar"]],
    ["verify", {}, ["verify", "--no-probe"]],
    ["describe", { host: "httpbin.bar" }, ["describe", "httpbin.bar"]],
    ["paths", { from: ["*.foo"], refused: true }, ["paths", "--from", "*.foo", "--refused"]],
    ["test", { files: ["tests"], planned: true }, ["test", "tests", "--planned"]],
    ["lint", { dir: ["clusters/cluster2"] }, ["lint", "--dir", "clusters/cluster2"]],
    [
      "diff_paths",
      { before: "clusters/cluster1", after: "clusters/cluster2" },
      ["diff-paths", "clusters/cluster1", "clusters/cluster2"],
    ],
    ["check", { category: ["trust", "gateway"] }, ["check", "--category", "trust", "--category", "gateway"]],
  ] as const;
  for (const [name, args, argv] of asked) {
    const { structuredContent, isError } = await client.callTool({ name, arguments: args });
    const { stdout } = await runCli(folder, [...argv, "-o", "json"]);
    expect(isError, name).toBeUndefined();
    expect(structuredContent, name).toEqual(JSON.parse(stdout));
  }
  const explained = await client.callTool({ name: "explain", arguments: { word: "GATEWAY_NO_ADDRESS" } });

  expect(explained.content).toMatchObject([{ text: expect.stringMatching(/^GATEWAY_NO_ADDRESS\n/) }]);
  expect(tools.every(({ annotations }) => annotations?.readOnlyHint === true)).toBe(true);
  expect(tools.every(({ name, outputSchema }) => name === "explain" || outputSchema !== undefined)).toBe(true);
  expect(await filesIn(folder)).toEqual(before);
  await expect(client.callTool({ name: "apply", arguments: {} })).rejects.toThrow("apply");
});

test("what an assistant writes is neither an option nor a way out of the folder", async () => {
  const folder = await exampleFolder();
  const client = await assistant(folder);
  const calls = [
    { name: "status", arguments: { services: ["--trust-access"] }, says: "--trust-access is not declared" },
    { name: "describe", arguments: { host: "--kubeconfig=/etc/passwd" }, says: "--kubeconfig=/etc/passwd" },
    { name: "trace", arguments: { ...trace, dir: ["../.."] }, says: "../.. leads out of the folder" },
    { name: "trace", arguments: { ...trace, dir: ["eu=/etc"] }, says: "eu=/etc leads out of the folder" },
    { name: "test", arguments: { files: ["/etc"] }, says: "/etc leads out of the folder" },
    { name: "diff_paths", arguments: { before: ".", after: "/etc" }, says: "/etc leads out of the folder" },
    { name: "diff_paths", arguments: { before: "--output=made..", after: "." }, says: "git has no --output=made" },
    { name: "trace", arguments: { ...trace, url: "httpbin" }, says: "error[USAGE]" },
    { name: "plan", arguments: { out: "saved.plan" }, says: "out" },
  ];
  for (const { says, ...call } of calls) {
    const { isError, content } = await client.callTool(call);
    expect(content).toMatchObject([{ text: expect.stringContaining(says) }]);
    expect(isError).toBe(true);
  }
});

test("with --allow-writes an assistant applies, and the answer is what was written", async () => {
  const folder = await exampleFolder();
  const client = await assistant(folder, "--allow-writes");

  const dry = await client.callTool({ name: "apply", arguments: { dryRun: true } });
  const applied = await client.callTool({ name: "apply", arguments: {} });
  const again = await client.callTool({ name: "plan", arguments: {} });

  expect([dry.isError, applied.isError]).toEqual([undefined, undefined]);
  expect(applied.structuredContent).toMatchObject({ kind: "Apply", summary: { create: 3 } });
  expect(again.structuredContent).toMatchObject({ kind: "Plan", summary: { create: 0, noop: 3 } });
});
