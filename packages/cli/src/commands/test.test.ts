import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exampleFolder, runCli, startCli } from "../testing/runCli.ts";

const suite = `apiVersion: isthmus.io/v1alpha1
kind: PathTestSuite
metadata: {name: httpbin, labels: {tier: core}}
spec:
  from: {workload: sleep, namespace: foo, cluster: cluster1}
  tests:
  - name: across
    to: {url: "http://httpbin.bar.cluster2:8000/get"}
    expect: {reaches: {workload: httpbin, cluster: cluster2}, mutualTLS: true}
  - name: nobody
    from: {none: {namespace: foo}}
    to: {url: "http://httpbin.bar.cluster2:8000/get"}
    expect: {reaches: {}}
  - name: misspelt
    to: {url: "http://httpbin.barr.cluster2:8000/get"}
    expect: {refused: {}}
`;

async function testFolder(text = suite): Promise<string> {
  const folder = await exampleFolder();
  await mkdir(join(folder, "tests/deep"), { recursive: true });
  await writeFile(join(folder, "tests/deep/httpbin.yaml"), text);
  return folder;
}

test("before an apply nothing gets there; what an apply would make does", async () => {
  const folder = await testFolder();

  const [now, planned] = [
    await runCli(folder, ["test", "tests", "--filter", "across"]),
    await runCli(folder, ["test", "tests", "--filter", "across", "--planned"]),
  ];

  expect(now).toMatchObject({ code: 1 });
  expect(now.stdout).toContain("✖ httpbin/across  tests/deep/httpbin.yaml:7:11");
  expect(now.stdout).toContain("httpbin.bar.cluster2 resolves nowhere");
  expect(planned).toMatchObject({ code: 0, stdout: "✔ httpbin/across\n\n1 test: 1 passed.\n" });
});

test("folders of tests alone are not told to be passed over, one with a declaration among them is", async () => {
  const folder = await testFolder();
  const tests = await runCli(folder, ["test", "tests", "--filter", "nobody"]);
  await writeFile(
    join(folder, "tests/more.yaml"),
    "apiVersion: isthmus.io/v1alpha1\nkind: Mesh\nmetadata: {name: mesh}\n",
  );
  const more = await runCli(folder, ["test", "tests", "--filter", "nobody"]);

  expect(tests.stderr).not.toContain("Passed over");
  expect(more.stderr).toContain("Passed over: tests (declarations below a folder: -R reads them).");
});

test("test --watch runs again when a test changes, and tells what is wrong with one", async () => {
  const folder = await testFolder();
  const file = join(folder, "tests/deep/httpbin.yaml");
  const stop = new AbortController();

  const watching = startCli(folder, ["test", "tests", "--watch", "--planned"], { signal: stop.signal });
  await watching.until((text) => text.includes("3 tests: 1 passed, 1 failed, 1 cannot be told."));
  await writeFile(file, suite.replace("httpbin.barr.", "httpbin.bar."));
  await watching.until((text) => text.includes("3 tests: 1 passed, 2 failed."));
  await writeFile(file, "kind: PathTest\nspec: [\n");
  await watching.untilTold((text) => text.includes("error["));
  stop.abort();

  expect((await watching.ended).code).toBe(130);
});

test("a failed test names its counterexample, what cannot be told is counted apart, and the exit code is 1", async () => {
  const run = await runCli(await testFolder(), ["test", "tests", "--planned"]);

  expect(run.code).toBe(1);
  expect(run.stdout).toContain("✖ httpbin/nobody");
  expect(run.stdout).toContain("sleep.foo@cluster1 → GET http://httpbin.bar.cluster2:8000/get");
  expect(run.stdout).toContain("? httpbin/misspelt");
  expect(run.stdout).toContain("3 tests: 1 passed, 1 failed, 1 cannot be told.");
});

test("what cannot be told is not a success: exit code 2", async () => {
  const run = await runCli(await testFolder(), ["test", "tests", "--planned", "--filter", "httpbin/miss*"]);

  expect(run).toMatchObject({ code: 2 });
  expect(run.stdout).toContain("nothing was tested: no such host");
});

test("the results are data, JUnit, TAP and SARIF", async () => {
  const folder = await testFolder();
  const as = async (format: string) => (await runCli(folder, ["test", "tests", "--planned", "-o", format])).stdout;

  const data = JSON.parse(await as("json"));
  expect(data).toMatchObject({
    kind: "PathTests",
    summary: { tests: 3, pass: 1, fail: 1, untold: 1 },
    tests: [
      { name: "httpbin/across", verdict: "pass" },
      { name: "httpbin/nobody", at: "tests/deep/httpbin.yaml:10:11", verdict: "fail", counts: { met: 1 } },
      { verdict: "untold" },
    ],
  });
  expect(await as("junit")).toMatch(/<testsuite name="httpbin" tests="3" failures="1" errors="1" skipped="0">/);
  expect(await as("tap")).toMatch(/^TAP version 14\n1\.\.3\nok 1 - httpbin\/across\nnot ok 2 - httpbin\/nobody\n/);
  const { runs } = JSON.parse(await as("sarif"));
  expect(runs[0].results).toMatchObject([
    {
      ruleId: "PATH_TEST_FAILED",
      level: "error",
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "tests/deep/httpbin.yaml" },
            region: { startLine: 10, startColumn: 11 },
          },
        },
      ],
    },
    { ruleId: "PATH_TEST_UNTOLD", level: "warning" },
  ]);
});

test("tests run over manifests given by hand, and --planned then has no sense", async () => {
  const folder = await testFolder();
  const given = ["test", "tests", "--filter", "across", "--dir", "cluster1=clusters/cluster1"];

  const [run, planned] = [await runCli(folder, given), await runCli(folder, [...given, "--planned"])];

  expect(run.code).toBe(1);
  expect(planned).toMatchObject({ code: 2 });
  expect(planned.stderr).toContain("--planned needs declarations");
});

test.each([
  ["no test at all", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", ["test", "tests"], "PATH_TEST_NONE"],
  ["a slip", suite.replace("mutualTLS", "mutualTls"), ["test", "tests"], "tests/deep/httpbin.yaml:9:63"],
  ["no such file", suite, ["test", "nowhere.yaml"], "nowhere.yaml does not exist"],
  [
    "a filter that chooses none",
    suite,
    ["test", "tests", "--filter", "nothing"],
    "nothing chooses none of the 3 tests",
  ],
  ["labels that choose none", suite, ["test", "tests", "-l", "tier=edge"], "tier=edge chooses none of the 3 tests"],
] as const)("%s is exit code 2", async (_name, text, argv, expected) => {
  const run = await runCli(await testFolder(text), [...argv]);

  expect(run).toMatchObject({ code: 2, stdout: "" });
  expect(run.stderr).toContain(expected);
});

test("tests beside declarations are not in the way of a plan, typos included", async () => {
  const folder = await exampleFolder();
  const before = await runCli(folder, ["plan"]);
  await writeFile(join(folder, "path-tests.yaml"), suite.replace("mutualTLS", "mutualTls"));

  const after = await runCli(folder, ["plan"]);

  expect(after).toEqual(before);
});
