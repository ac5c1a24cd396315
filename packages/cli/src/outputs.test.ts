import { existsSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Problem } from "@isthmus/core";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { exampleFolder, filesIn, runCli } from "./testing/runCli.ts";

const schemas = fileURLToPath(new URL("../../../docs/schema/", import.meta.url));
const ajv = new Ajv2020({ strict: false });

/** What is wrong with an output, by the schema that is published for its kind. */
function faultsOf(output: { readonly kind: string }): unknown {
  const validate = ajv.compile({ ...JSON.parse(readFileSync(join(schemas, `${output.kind}.json`), "utf8")) });
  return validate(output) ? [] : validate.errors;
}

const request = ["sleep.foo@cluster1", "http://httpbin.bar.cluster2:8000/headers"];

test.each([
  ["Plan", ["plan"]],
  ["Plan", ["diff"]],
  ["Status", ["status"]],
  ["Description", ["describe", "httpbin.bar"]],
  ["Verification", ["verify", "--no-probe"]],
  ["Verification", ["verify"]],
  ["Trace", ["trace", ...request]],
  ["Trace", ["trace", "--planned", ...request]],
  ["Probes", ["probe"]],
  ["Check", ["check"]],
  ["Diagnosis", ["doctor", ...request]],
  ["Apply", ["apply", "--yes"]],
  ["CaStatus", ["ca", "status"]],
  ["Problems", ["plan", "-f", "nothing-here.yaml"]],
])("what prints a %s keeps to its schema: isthmus %j", async (kind, words) => {
  const folder = await exampleFolder();

  const run = await runCli(folder, [...words, "-o", "json"]);

  const output = JSON.parse(run.stdout);
  expect(output).toMatchObject({ apiVersion: "output.isthmus.io/v1", kind });
  expect(faultsOf(output)).toEqual([]);
});

test.each(["json", "yaml"])("what cannot be done is data as well, in %s", async (format) => {
  const run = await runCli(await exampleFolder(), ["trace", "nobody", "http://a", "-o", format]);

  const [output] = parseAllDocuments(run.stdout).map((document) => document.toJS());
  expect(output).toMatchObject({ kind: "Problems", problems: [{ code: "USAGE" }] });
  expect(faultsOf(output)).toEqual([]);
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

test("place and refs of what is found are files and objects that are there", async () => {
  const folder = await exampleFolder();
  const host = "httpbin.bar.cluster2";
  const foreign = { apiVersion: "networking.istio.io/v1", kind: "DestinationRule" };
  const rule = { ...foreign, metadata: { name: "theirs", namespace: "foo" }, spec: { host } };
  await writeFile(join(folder, "clusters/cluster1/theirs.yaml"), JSON.stringify(rule));

  const { problems } = JSON.parse((await runCli(folder, ["plan", "-o", "json"])).stdout) as {
    readonly problems: readonly Problem[];
  };

  const objects = await objectsIn(folder);
  expect(problems.map(({ code }) => code)).toContain("DESTINATION_RULE_CONFLICT");
  expect(problems.flatMap(({ refs }) => refs)).toContainEqual({
    ...{ cluster: "cluster1", kind: "DestinationRule", namespace: "foo", name: "theirs" },
  });
  for (const { place, refs } of problems) {
    if (place.file !== undefined) expect(existsSync(join(folder, place.file)), place.file).toBe(true);
    for (const { cluster, kind, namespace, name } of refs)
      expect(objects).toContain(`${cluster} ${kind} ${namespace} ${name}`);
  }
});

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
])("JUnit is printed whatever comes of it: isthmus %s %s %s %s", async (...argv) => {
  const run = await runCli(await exampleFolder(), argv);

  expect(run.stdout).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites [\s\S]*<\/testsuites>\n$/);
});

test.each([["-ojson"], ["--output=json"], ["-o", "json"]])("a wrong command line is data with %s", async (...words) => {
  const run = await runCli(await exampleFolder(), ["status", "--no-such", ...words]);

  const output = JSON.parse(run.stdout);
  expect(output).toMatchObject({ kind: "Problems", problems: [{ code: "USAGE" }] });
  expect(faultsOf(output)).toEqual([]);
});
