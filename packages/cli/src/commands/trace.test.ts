import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { emptyFolder, exampleFolder, filesIn, runCli } from "../testing/runCli.ts";

const words = ["trace", "sleep.foo@cluster1", "http://httpbin.bar.cluster2:8000/headers"];

test("before an apply the name resolves nowhere: exit code 1, with the code and what to fix", async () => {
  const folder = await exampleFolder();

  const run = await runCli(folder, words);

  expect(run).toMatchObject({ code: 1, stderr: "" });
  await expect(run.stdout).toMatchFileSnapshot("testdata/trace-broken.golden.txt");
});

test("a folder that is named as nothing is a wrong command line", async () => {
  const run = await runCli(await emptyFolder(), [...words, "--dir", "ev="]);

  expect(run).toMatchObject({ stdout: "", stderr: expect.stringContaining("--dir ev= does not name a folder") });
});

test("on the plan's outcome each hop up to the app is shown: exit code 0", async () => {
  const folder = await exampleFolder();

  const run = await runCli(folder, [...words, "--planned"]);

  expect(run).toMatchObject({ code: 0, stderr: "" });
  await expect(run.stdout).toMatchFileSnapshot("testdata/trace-planned.golden.txt");
});

test("after an apply the same holds without --planned, also as JSON", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);

  const run = await runCli(folder, [...words, "-o", "json"]);

  expect(run.code).toBe(0);
  expect(JSON.parse(run.stdout)).toMatchObject({
    verdict: "reaches",
    branches: [{ probability: 1, outcome: { kind: "answered", by: { cluster: "cluster2", name: "httpbin" } } }],
  });
});

test("method and headers are those of the request", async () => {
  const folder = await exampleFolder();

  const run = await runCli(folder, [...words, "--method", "post", "--header", "X-A: b:c", "-o", "json"]);

  expect(JSON.parse(run.stdout)).toMatchObject({ request: { method: "POST", headers: { "x-a": "b:c" } } });
});

test("without a declaration the clusters are folders or dumps that are named, and what a dump does not hold is told", async () => {
  const folder = await exampleFolder();
  const elsewhere = await emptyFolder();
  await runCli(folder, ["apply", "--yes"]);
  const { items } = await dumpOf(join(folder, "clusters/cluster2"));
  await writeFile(join(elsewhere, "cluster2.json"), JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  const cluster1 = ["--dir", `cluster1=${join(folder, "clusters/cluster1")}`];
  const given = [...words, ...cluster1, "--dir", "cluster2.json"];

  const across = await runCli(elsewhere, [...given, "-o", "json"]);
  const alone = await runCli(elsewhere, [...words, ...cluster1]);
  const local = await runCli(elsewhere, ["trace", "httpbin.bar", "http://httpbin:8000/", "--dir", "cluster2.json"]);

  expect(across.code).toBe(0);
  expect(JSON.parse(across.stdout)).toMatchObject({
    verdict: "reaches",
    branches: [{ outcome: { kind: "answered", by: { cluster: "cluster2", name: "httpbin" } } }],
  });
  expect(across.stderr).toContain("cluster2: what was given is taken to be all there is; it holds no ");
  expect(alone.code).not.toBe(0);
  expect(local.code).toBe(0);
});

test("clusters by hand stand in for declarations, and for nothing that needs them", async () => {
  const folder = await exampleFolder();
  const given = [...words, "--dir", "cluster1=clusters/cluster1"];

  const [planned, twice, unnamed, gone] = [
    await runCli(folder, [...given, "--planned"]),
    await runCli(folder, [...given, "-f", "mesh.yaml"]),
    await runCli(folder, [...words, "--dir", "=x"]),
    await runCli(folder, [...words, "--dir", "cluster1=nowhere"]),
  ];

  expect([planned.code, twice.code, unnamed.code, gone.code]).toEqual([2, 2, 2, 2]);
  expect(planned.stderr).toContain("--planned needs declarations");
  expect(twice.stderr).toContain("Leave out -f");
  expect(unnamed.stderr).toContain("Write it as cluster1=manifests/cluster1.");
  expect(gone.stderr).toMatch(/there is no directory .*nowhere/);
});

test("all that cannot be read is told: each file of a folder, and objects among which the caller may be", async () => {
  const folder = await exampleFolder();
  await writeFile(join(folder, "clusters/cluster1/first.yaml"), "kind: [\n");
  await writeFile(join(folder, "clusters/cluster1/second.yaml"), "kind: {\n");
  await writeFile(
    join(folder, "clusters/cluster2/caller.yaml"),
    "apiVersion: v1\nkind: Pod\nmetadata: {name: caller, namespace: foo, labels: [a]}\nspec: {containers: []}\n",
  );

  const run = await runCli(folder, ["trace", "caller.foo@cluster2", "http://httpbin.bar:8000/"]);

  expect(run.code).toBe(2);
  expect(run.stdout).toContain("TRACE_CALLER_UNKNOWN");
  expect(run.stderr.match(/error\[DIRECTORY_INVALID\]/g)).toHaveLength(2);
  expect(run.stderr).toMatch(/\[OBJECT_MALFORMED\]: Pod foo\/caller/);
});

/** As `kubectl get -o json` gives them. */
async function dumpOf(folder: string): Promise<{ readonly items: readonly unknown[] }> {
  const files = await filesIn(folder);
  const texts = Object.values(files).flatMap((text) => parseAllDocuments(text).map((document) => document.toJS()));
  return { items: texts.filter((item) => item !== null) };
}

const fromOutside = [
  ...["trace", "outside@cluster1", "https://httpbin.example.com/headers", "--client-certificate", "client.example.com"],
  ...["--planned", "-o", "json"],
];

test("a client outside of the clusters comes in through the gateway, with its certificate", async () => {
  const folder = await exampleFolder("external-access");

  const run = await runCli(folder, fromOutside);

  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(run.stdout)).toMatchObject({
    request: { from: { outside: true, cluster: "cluster1" } },
    branches: [{ outcome: { kind: "answered", by: { cluster: "cluster1", namespace: "bar", name: "httpbin" } } }],
  });
});

const lua = `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: lua, namespace: istio-system}
spec:
  workloadSelector: {labels: {istio: ingressgateway}}
  configPatches:
  - applyTo: HTTP_FILTER
    match: {context: GATEWAY}
    patch: {operation: INSERT_BEFORE, value: {name: envoy.filters.http.lua}}
`;

test("a filter that cannot be followed is named, with its code: exit code 2", async () => {
  const folder = await exampleFolder("external-access");
  await writeFile(join(folder, "clusters/cluster1/lua.yaml"), lua);

  const run = await runCli(folder, ["trace", "outside", "https://open.example.com/get", "--planned"]);

  expect(run).toMatchObject({ code: 2, stderr: "" });
  await expect(run.stdout).toMatchFileSnapshot("testdata/trace-outside-untold.golden.txt");
});

test("a token in a header is not printed, and what a token claims is the request's", async () => {
  const folder = await exampleFolder();

  const run = await runCli(folder, [
    ...[...words, "--header", "authorization: Bearer secret", "-o", "json"],
    ...["--claim", "iss=https://issuer.test", "--claim", "groups=a", "--claim", "groups=b"],
  ]);

  expect(run.stdout).not.toContain("secret");
  expect(JSON.parse(run.stdout)).toMatchObject({
    request: { claims: { iss: ["https://issuer.test"], groups: ["a", "b"] } },
  });
});

test("a graph of the way, for Graphviz and for Mermaid", async () => {
  const folder = await exampleFolder();
  const drawn = async (format: string) => (await runCli(folder, [...words, "--planned", "-o", format])).stdout;

  const [dot, mermaid] = [await drawn("dot"), await drawn("mermaid")];

  expect(dot).toMatch(
    /^digraph isthmus \{\n[\s\S]*"gateway cluster2 Gateway istio-system\/[^"]+" -> "workload cluster2 bar\/httpbin"[\s\S]*\}\n$/,
  );
  expect(mermaid).toMatch(/^flowchart LR\n[\s\S]*-->\|"reaches"\|/);
});

test("what the caller's DNS says of a name that no cluster has decides where it goes", async () => {
  const folder = await exampleFolder();
  const trace = (...more: readonly string[]) =>
    runCli(folder, ["trace", "sleep.foo@cluster1", "http://web.corp/", ...more, "-o", "json"]);

  const told = JSON.parse((await trace("--resolve", "192.0.2.77")).stdout);

  expect(JSON.parse((await trace()).stdout)).toMatchObject({ verdict: "unknown" });
  expect(told).toMatchObject({ verdict: "reaches", request: { from: { resolved: "192.0.2.77" } } });
  expect(told.branches[0].hops.map(({ detail }: { detail: string }) => detail)).toContain(
    "web.corp is 192.0.2.77, says the request",
  );
});

test.each([
  ["a caller without a namespace", ["sleep@cluster1", "http://a"]],
  ["a cluster that is not declared", ["sleep.foo@cluster9", "http://a"]],
  ["a caller without a cluster where several are declared", ["sleep.foo", "http://a"]],
  ["a cluster outside that is not declared", ["outside@cluster9", "http://a"]],
  ["a workload that connects elsewhere", ["sleep.foo@cluster1", "http://a", "--connect-to", "192.0.2.1:80"]],
  ["an address without a port", ["outside", "http://a", "--connect-to", "192.0.2.1"]],
  ["a client outside whose DNS says something", ["outside", "http://a", "--resolve", "192.0.2.1"]],
  ["an answer of DNS that is not an address", ["sleep.foo@cluster1", "http://a", "--resolve", "b.example.com"]],
  ["a claim without a value", ["outside", "http://a", "--claim", "iss"]],
  ["a token without an issuer", ["outside", "http://a", "--claim", "sub=alice"]],
  ["a scheme that is not known", ["sleep.foo@cluster1", "ftp://a"]],
  ["TCP without a port", ["sleep.foo@cluster1", "tcp://a"]],
  ["a header without a colon", ["sleep.foo@cluster1", "http://a", "--header", "x"]],
])("%s is refused: exit code 2", async (_, args) => {
  const folder = await exampleFolder();

  const run = await runCli(folder, ["trace", ...args]);

  expect(run).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("USAGE") });
});

test.each([
  ["an alias", "data: {key: *hunter2}\n"],
  ["a tag", "data: {key: !hunter2 x}\n"],
  ["a repeated key", "data: {hunter2: a, hunter2: b, c: *hunter2}\n"],
])("no output shows %s of a Secret that is wrong, in manifests or beside declarations", async (_, wrong) => {
  const folder = await emptyFolder();
  await writeFile(
    join(folder, "eu.yaml"),
    `apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: foo}\n${wrong}`,
  );
  const call = ["trace", "sleep.foo@eu", "http://a.foo"];

  const runs = await Promise.all(
    [[], ["-v"], ["-o", "json"]].flatMap((output) => [
      runCli(folder, [...call, "--dir", "eu.yaml", ...output]),
      runCli(folder, [...call, "-f", "eu.yaml", ...output]),
    ]),
  );

  for (const { stdout, stderr } of runs) {
    expect(stderr).toContain("eu.yaml:4:");
    expect(stdout + stderr).not.toContain("unter2");
  }
});
