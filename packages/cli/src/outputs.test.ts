import { readdirSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Place, Problem } from "@isthmus/core";
import { startFakeApiServer } from "@isthmus/testkit";
import { expect, onTestFinished, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { liveFolder } from "./testing/liveFolder.ts";
import { findingsIn, outputFaults } from "./testing/outputFaults.ts";
import { exampleFolder, filesIn, runCli } from "./testing/runCli.ts";

const liveMesh = `apiVersion: isthmus.io/v1alpha1
kind: Mesh
metadata: {name: mesh}
---
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: cluster1}
spec: {access: {kubeconfig: {path: kubeconfig}}}
`;

const pathTest = `apiVersion: isthmus.io/v1alpha1
kind: PathTest
metadata: {name: across}
spec:
  from: {workload: sleep, namespace: foo}
  to: {url: "http://httpbin.bar.cluster2:8000/headers"}
  expect: {reaches: {}}
`;

const request = ["sleep.foo@cluster1", "http://httpbin.bar.cluster2:8000/headers"];

/** Each kind of output, and what prints it in the example. `runCli` holds all that is printed to the schemas. */
const printed: readonly (readonly [kind: string, words: readonly string[]])[] = [
  ["Plan", ["plan"]],
  ["Plan", ["diff"]],
  ["Status", ["status"]],
  ["Description", ["describe", "httpbin.bar"]],
  ["Verification", ["verify", "--no-probe"]],
  ["Verification", ["verify"]],
  ["Trace", ["trace", ...request]],
  ["Trace", ["trace", "--planned", ...request]],
  ["PathTests", ["test", "path-tests.yaml"]],
  ["Paths", ["paths"]],
  ["PathChanges", ["diff-paths", "clusters/cluster1", "clusters/cluster2"]],
  ["Probes", ["probe"]],
  ["Check", ["check"]],
  ["Lint", ["lint"]],
  ["Diagnosis", ["doctor", ...request]],
  ["Apply", ["apply", "--yes"]],
  ["Version", ["version"]],
  ["Explanation", ["explain"]],
  ["Explanation", ["explain", "GATEWAY_NO_ADDRESS", "SharedService.spec.traffic"]],
  ["CaStatus", ["ca", "status"]],
  ["Problems", ["plan", "-f", "nothing-here.yaml"]],
  ["Problems", ["status", "--such-an-option"]],
];

/** The same in a mesh whose CA is ours, in this order. */
const printedByCa: readonly (readonly [kind: string, words: string])[] = [
  ["KeyFile", "init"],
  ["Problems", "init"],
  ["Certificates", "issue cluster1"],
  ["WrittenFiles", "issue --all --out files"],
  ["Certificates", "apply cluster1 --from files/cluster1"],
  ["KeyFile", "init --external"],
  ["ClientCertificate", "issue-client alice --san alice.example.com"],
  ["CaStatus", "status"],
  ["Rotation", "rotate root --status"],
  ["Intermediates", "rotate intermediates --status"],
];

test.each(printed)("a %s is printed as such: isthmus %j", async (kind, words) => {
  const folder = await exampleFolder();
  if (kind === "PathTests") await writeFile(join(folder, "path-tests.yaml"), pathTest);

  const run = await runCli(folder, [...words, "-o", "json"]);

  expect(JSON.parse(run.stdout)).toMatchObject({ apiVersion: "output.isthmus.io/v1", kind });
});

test("what commands of the CA print is told by its kind", async () => {
  const server = await startFakeApiServer();
  onTestFinished(() => server.stop());
  server.seed([{ apiVersion: "v1", kind: "Namespace", metadata: { name: "istio-system" } }]);
  const folder = await liveFolder(server, liveMesh);

  const kinds: unknown[] = [];
  for (const [, words] of printedByCa) {
    const argv = ["ca", ...words.split(" "), "-o", "json"];
    const run = await runCli(folder, argv, { env: { ISTHMUS_CA_PASSPHRASE: "correct horse battery" } });
    kinds.push(JSON.parse(run.stdout).kind);
  }

  expect(kinds).toEqual(printedByCa.map(([kind]) => kind));
});

test("each schema is of something that is printed, and whose output is tried here", () => {
  const published = readdirSync(fileURLToPath(new URL("../../../docs/schema/", import.meta.url))).filter((file) =>
    file.endsWith(".json"),
  );

  expect(new Set(published)).toEqual(new Set([...printed, ...printedByCa].map(([kind]) => `${kind}.json`)));
});

test.each(["json", "yaml"])("what cannot be done is data as well, in %s", async (format) => {
  const run = await runCli(await exampleFolder(), ["trace", "nobody", "http://a", "-o", format]);

  const [output] = parseAllDocuments(run.stdout).map((document) => document.toJS());
  expect(output).toMatchObject({ kind: "Problems", problems: [{ code: "USAGE" }] });
  expect(outputFaults(".", JSON.stringify(output))).toEqual([]);
});

test("a header that lets somebody in is in no output", async () => {
  const folder = await exampleFolder();
  const secret = ["--header", "authorization: Bearer secret", "--header", "cookie: id=secret"];

  for (const command of ["trace", "doctor"]) {
    const run = await runCli(folder, [command, ...request, ...secret, "-o", "json"]);

    expect(run.stdout, command).toContain("(not shown)");
    expect(run.stdout + run.stderr, command).not.toContain("secret");
  }
});

test("JUnit of plan and status: what would break, is broken or cannot be read is a failure or an error", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);
  const well = await runCli(folder, ["status", "-o", "junit"]);
  await rm(join(folder, "clusters/cluster2/httpbin.yaml"));

  const [plan, status] = [
    await runCli(folder, ["plan", "-o", "junit"]),
    await runCli(folder, ["status", "-o", "junit"]),
  ];

  expect(well.stdout).toContain('tests="3" failures="0" errors="0"');
  expect(status.stdout).toMatch(/<testcase name="bar\/httpbin" classname="SharedService">\s+<(failure|error) /);
  expect(plan.stdout).toContain('<testcase name="SharedService.bar.httpbin" classname="SharedService.bar.httpbin">');
  expect(plan.stdout).toContain('<testsuite name="problems"');
});

test("of several formats the last holds for an error, too", async () => {
  const run = await runCli(await exampleFolder(), ["status", "-o", "yaml", "-o", "json", "--nope"]);

  expect(JSON.parse(run.stdout)).toMatchObject({ kind: "Problems" });
});

test("an apply that an alarm stops says so in its data", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);
  await rm(join(folder, "httpbin.yaml"));

  const run = await runCli(folder, ["apply", "--yes", "-o", "json"]);

  const { problems, written } = JSON.parse(run.stdout);
  expect(written).toEqual([]);
  expect(problems.map(({ code }: Problem) => code)).toContain("MASS_DELETE");
});

test("the time of --timeout ends a longer --wait, and what was seen last is shown", async () => {
  const run = await runCli(await exampleFolder(), ["verify", "--no-probe", "--wait", "1m", "--timeout", "2s"]);

  expect(run).toMatchObject({ code: 1, stdout: expect.stringContaining("1 path: 0 in place") });
  expect(run.stderr).not.toMatch(/Error|TIMED_OUT/);
});

test("what findings of any command speak of are objects that are there, or are said to be missing", async () => {
  const folder = await exampleFolder();
  const foreign = { apiVersion: "networking.istio.io/v1", kind: "DestinationRule" };
  const rule = { ...foreign, metadata: { name: "theirs", namespace: "foo" }, spec: { host: "httpbin.bar.cluster2" } };
  await writeFile(join(folder, "clusters/cluster1/theirs.yaml"), JSON.stringify(rule));
  const objects = await objectsIn(folder);

  const findings: Problem[] = [];
  for (const [, words] of printed)
    findings.push(...findingsIn(JSON.parse((await runCli(folder, [...words, "-o", "json"])).stdout)));

  expect(findings.map(({ code }) => code)).toContain("DESTINATION_RULE_CONFLICT");
  expect(findings.flatMap(({ refs }) => refs).map(shown)).toContain("cluster1 DestinationRule foo theirs");
  const lost = findings.flatMap(({ code, place, refs, message }) => {
    const named = place.kind !== undefined && place.name !== undefined ? [place] : [];
    const gone = [...refs, ...named].filter((each) => each.cluster !== undefined && !objects.includes(shown(each)));
    return gone.length === 0 || / no | not exist|missing/.test(message) ? [] : [`${code} ${gone.map(shown)}`];
  });
  expect(lost).toEqual([]);
});

function shown({ cluster, kind, namespace, name }: Place): string {
  return `${cluster} ${kind} ${namespace} ${name}`;
}

/** `cluster1 Service foo sleep` of every manifest of a cluster's directory. */
async function objectsIn(folder: string): Promise<readonly string[]> {
  return Object.entries(await filesIn(folder)).flatMap(([file, text]) => {
    const cluster = /clusters\/(cluster\d)/.exec(file)?.[1];
    if (cluster === undefined) return [];
    return parseAllDocuments(text).flatMap((document) => {
      const { kind, metadata } = (document.toJS() ?? {}) as {
        kind?: string;
        metadata?: { namespace?: string; name?: string };
      };
      return `${cluster} ${kind} ${metadata?.namespace} ${metadata?.name}`;
    });
  });
}

test.each([
  ["verify", "-o", "junit", "-f", "nothing-here.yaml"],
  ["check", "--output=junit", "--cluster", "nowhere"],
  ["probe", "-ojunit", "nothing.nowhere"],
  ["probe", "-o", "junit"],
  ["plan", "-o", "junit"],
  ["status", "-o", "junit"],
  ["status", "-o", "junit", "httpbin.bar"],
])("JUnit is printed whatever comes of it: isthmus %s %s %s %s", async (...argv) => {
  const run = await runCli(await exampleFolder(), argv);

  expect(run.stdout).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites [\s\S]*<\/testsuites>\n$/);
});

test.each([["-ojson"], ["--output=json"], ["-o", "json"]])("a wrong command line is data with %s", async (...words) => {
  const run = await runCli(await exampleFolder(), ["status", "--no-such", ...words]);

  const output = JSON.parse(run.stdout);
  expect(output).toMatchObject({ kind: "Problems", problems: [{ code: "USAGE" }] });
});
