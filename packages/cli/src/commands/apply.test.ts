import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { detourGateway } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { exampleFolder, filesIn, runCli } from "../testing/runCli.ts";

test("apply writes what is declared and says how long it took", async () => {
  const folder = await exampleFolder();

  const run = await runCli(folder, ["apply", "--yes"]);

  expect(run).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Applied in .*: 3 created, 0 updated, 0 deleted\.$/m),
  });
  const written = Object.keys(await filesIn(folder)).filter((file) => file.includes("/isthmus/"));
  expect(written).toHaveLength(3);
});

test("the second apply writes nothing and says so", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);
  const before = await filesIn(folder);

  const run = await runCli(folder, ["apply", "--yes"]);

  expect(run).toMatchObject({ code: 0, stdout: "Nothing to do: the clusters are as declared.\n" });
  expect(await filesIn(folder)).toEqual(before);
});

test("a service of namespace plan is not taken for a saved plan, and a plan that is not there is not for a service", async () => {
  const folder = await exampleFolder();
  const declared = await readFile(join(folder, "httpbin.yaml"), "utf8");
  await writeFile(
    join(folder, "web.yaml"),
    declared.replace("name: httpbin", "name: web").replace("namespace: bar", "namespace: plan"),
  );

  const service = await runCli(folder, ["apply", "--yes", "web.plan"]);
  const file = await runCli(folder, ["apply", "--yes", "gone.plan"]);

  expect(service.stderr).toContain("SERVICE_MISSING");
  expect(file).toMatchObject({ code: 1, stderr: expect.stringContaining("gone.plan") });
  expect(file.stderr).not.toContain("is not declared");
});

test("Ctrl-C while the proof is awaited tells what was written all the same", async () => {
  const folder = await exampleFolder();
  const denial = { apiVersion: "security.istio.io/v1", kind: "AuthorizationPolicy", spec: {} };
  const policy = { ...denial, metadata: { name: "nobody", namespace: "bar" } };
  await writeFile(join(folder, "clusters/cluster2/nobody.yaml"), JSON.stringify(policy));
  const stop = new AbortController();

  const applying = runCli(folder, ["apply", "--yes", "--wait", "1m"], { signal: stop.signal });
  const written = async () => (await readdir(join(folder, "clusters/cluster1/isthmus")).catch(() => [])).length === 2;
  while (!(await written())) await new Promise((done) => setTimeout(done, 20));
  await new Promise((done) => setTimeout(done, 500));
  stop.abort();
  const run = await applying;

  expect(run).toMatchObject({ code: 130, stdout: expect.stringContaining("3 created") });
});

test("where the service is declared no longer everything of ours goes, and every other byte stays", async () => {
  const folder = await exampleFolder();
  const { "httpbin.yaml": _, ...others } = await filesIn(folder);
  await runCli(folder, ["apply", "--yes"]);
  await rm(join(folder, "httpbin.yaml"));

  const run = await runCli(folder, ["apply", "--yes", "--allow-mass-delete"]);

  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("3 deleted") });
  expect(await filesIn(folder)).toEqual(others);
});

test("deleting most of what is ours needs to be allowed", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);
  await rm(join(folder, "httpbin.yaml"));
  const before = await filesIn(folder);

  const run = await runCli(folder, ["apply", "--yes"]);

  expect(run).toMatchObject({
    code: 1,
    stdout: "Nothing was applied.\n",
    stderr: expect.stringContaining("MASS_DELETE"),
  });
  expect(await filesIn(folder)).toEqual(before);
});

test("without a terminal and without --yes nothing is applied", async () => {
  const folder = await exampleFolder();
  const before = await filesIn(folder);

  const run = await runCli(folder, ["apply"]);

  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining("error[CONFIRMATION_NEEDED]") });
  expect(await filesIn(folder)).toEqual(before);
});

test.each([
  ["y", 0, 3],
  ["n", 1, 0],
  ["\u0003", 130, 0],
])("on a terminal it asks, and the key %j ends with %i", async (key, code, writes) => {
  const folder = await exampleFolder();

  const run = await runCli(folder, ["apply"], { keys: [key] });

  expect(run.stderr).toContain("Apply 3 changes to 2 clusters?");
  expect(run.code).toBe(code);
  expect(Object.keys(await filesIn(folder)).filter((file) => file.includes("/isthmus/"))).toHaveLength(writes);
});

test("a dry run checks every change and writes nothing", async () => {
  const folder = await exampleFolder();
  const before = await filesIn(folder);

  const run = await runCli(folder, ["apply", "--dry-run"]);

  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("Every change would be accepted") });
  expect(await filesIn(folder)).toEqual(before);
});

test("a declaration that cannot work is reported at its place, and nothing is applied", async () => {
  const folder = await exampleFolder();
  const text = await readFile(join(folder, "httpbin.yaml"), "utf8");
  await writeFile(join(folder, "httpbin.yaml"), text.replace("servedBy: [cluster2]", "servedby: [cluster2]"));
  const before = await filesIn(folder);

  const run = await runCli(folder, ["apply", "--yes"]);

  expect(run.code).toBe(1);
  expect(run.stderr).toMatch(/error\[FIELD_UNKNOWN\].*\n {2}--> httpbin\.yaml:\d+:3\n.*servedBy/);
  expect(await filesIn(folder)).toEqual(before);
});

test("what is missing in a cluster is reported at the declaration that needs it, and nothing is applied", async () => {
  const folder = await exampleFolder();
  await rm(join(folder, "clusters/cluster2/httpbin.yaml"));
  const before = await filesIn(folder);

  const run = await runCli(folder, ["apply", "--yes"]);

  expect(run).toMatchObject({ code: 1, stdout: "Nothing was applied.\n" });
  expect(run.stderr).toMatch(/error\[(SERVICE|NAMESPACE)_MISSING\].*\n {2}--> httpbin\.yaml:\d+:\d+/);
  expect(await filesIn(folder)).toEqual(before);
});

test("a saved plan is applied as it is, from any folder", async () => {
  const folder = await exampleFolder();
  const saved = join(folder, "saved.plan");
  await runCli(folder, ["plan", "--out", "saved.plan"]);

  const run = await runCli("/", ["apply", saved, "--yes"]);

  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("3 created") });
});

test("a saved plan shows what it changes in the live objects, whatever its file says, and writes none of others", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);
  const entry = Object.entries(await filesIn(folder)).find(([name]) => /serviceentry/.test(name));
  if (entry === undefined) throw new Error("no ServiceEntry was written");
  const [file, text] = entry;
  await writeFile(join(folder, file), text.replace("STATIC", "NONE"));
  await runCli(folder, ["plan", "--out", "saved.plan"]);
  const saved = JSON.parse(await readFile(join(folder, "saved.plan"), "utf8"));
  const update = saved.actions.find(({ verb }: { readonly verb: string }) => verb === "update");
  update.changes = [{ path: "spec.harmless", after: true }];
  await writeFile(join(folder, "untrue.plan"), JSON.stringify(saved));
  update.desired.spec.addresses = ["10.96.0.10"];
  await writeFile(join(folder, "stray.plan"), JSON.stringify(saved));

  const shown = await runCli(folder, ["apply", "untrue.plan", "--dry-run"]);
  const refused = await runCli(folder, ["apply", "stray.plan", "--yes"]);

  expect(shown.stderr).toContain("resolution");
  expect(shown.stderr).not.toContain("harmless");
  expect(refused).toMatchObject({ code: 1, stdout: "Nothing was applied.\n" });
  expect(refused.stderr).toContain("error[PLAN_INVALID]");
});

test("a saved plan is refused once a cluster has changed", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["plan", "--out", "saved.plan"]);
  await runCli(folder, ["apply", "--yes"]);
  const before = await filesIn(folder);

  const run = await runCli(folder, ["apply", "saved.plan", "--yes"]);

  expect(run).toMatchObject({
    code: 1,
    stdout: "Nothing was applied.\n",
    stderr: expect.stringContaining("PLAN_STALE"),
  });
  expect(await filesIn(folder)).toEqual(before);
});

test("Ctrl-C before the first write ends with 130 and writes nothing", async () => {
  const folder = await exampleFolder();
  const before = await filesIn(folder);

  const run = await runCli(folder, ["apply", "--yes"], { signal: AbortSignal.abort() });

  expect(run.code).toBe(130);
  expect(await filesIn(folder)).toEqual(before);
});

test("-o json gives the plan and how each write ended", async () => {
  const folder = await exampleFolder();

  const run = await runCli(folder, ["apply", "--yes", "-o", "json"]);

  expect(JSON.parse(run.stdout)).toMatchObject({
    summary: { create: 3, update: 0, delete: 0, noop: 0 },
    written: [{ result: "done" }, { result: "done" }, { result: "done" }],
    problems: [],
  });
});

test("a plan that breaks a path which works now is not applied, unless told", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);
  await writeFile(join(folder, "clusters/cluster2/other.yaml"), detourGateway);
  const [entry = ""] = Object.keys(await filesIn(folder)).filter((file) => file.includes("serviceentry"));
  const text = await readFile(join(folder, entry), "utf8");
  await writeFile(join(folder, entry), text.replace("32001", "32002"));

  const refused = await runCli(folder, ["apply", "--yes"]);
  await runCli(folder, ["plan", "--out", "saved.plan"]);
  const refusedSaved = await runCli(folder, ["apply", "saved.plan", "--yes"]);
  const told = await runCli(folder, ["apply", "saved.plan", "--yes", "--allow-broken-paths"]);

  for (const run of [refused, refusedSaved]) {
    expect(run).toMatchObject({ code: 1, stdout: "Nothing was applied.\n" });
    expect(run.stderr).toContain("PATH_WOULD_BREAK");
    expect(run.stderr).toContain("will break");
  }
  expect(told.code).toBe(0);
  expect(await readFile(join(folder, entry), "utf8")).toContain("32001");
});

test("what goes is told and asked about: the path, and the owner that no file declares", async () => {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);
  await rm(join(folder, "httpbin.yaml"));
  const before = await filesIn(folder);

  const plan = await runCli(folder, ["plan"]);
  const asked = await runCli(folder, ["apply", "--max-delete", "100%"], { keys: ["n"] });
  const enough = await runCli(folder, ["apply", "--yes", "--max-delete", "2"]);

  expect(plan.stdout).toContain(
    "No file declares any longer\n  - SharedService.bar.httpbin: 3 objects, which an apply deletes\n",
  );
  expect(plan.stdout).toContain("foo@cluster1 → httpbin.bar.cluster2\n    - will be gone\n");
  expect(asked.stderr.replaceAll(/\s+/g, " ")).toContain("1 path will be gone, no file declares");
  expect(enough.stderr).toContain("MASS_DELETE");
  expect(await filesIn(folder)).toEqual(before);
});

test("--out replaces a saved plan, and no other file; -o is a format", async () => {
  const folder = await exampleFolder();
  const before = await filesIn(folder);

  const declaration = await runCli(folder, ["plan", "--out", "httpbin.yaml"]);
  const format = await runCli(folder, ["plan", "-o", "httpbin.yaml"]);

  expect(declaration).toMatchObject({ code: 1, stderr: expect.stringContaining("is not a saved plan") });
  expect(format).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("--out httpbin.yaml") });
  expect(await filesIn(folder)).toEqual(before);
  for (const _ of [1, 2]) expect(await runCli(folder, ["plan", "--out", "saved.plan"])).toMatchObject({ code: 0 });
});

/** The example with a plan that creates everything, saved. */
async function plannedFolder(): Promise<string> {
  const folder = await exampleFolder();
  await runCli(folder, ["plan", "--out", "saved.plan"]);
  return folder;
}

test("a saved plan is applied unasked where nobody can answer, and shown without a cluster", async () => {
  const folder = await plannedFolder();

  const shown = await runCli(folder, ["show", "saved.plan"]);
  const json = await runCli(folder, ["show", "saved.plan", "-o", "json"]);
  const applied = await runCli(folder, ["apply", "saved.plan"]);

  expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining("3 to create") });
  expect(JSON.parse(json.stdout)).toMatchObject({ kind: "Plan", summary: { create: 3 } });
  expect(applied).toMatchObject({ code: 0, stdout: expect.stringContaining("3 created") });
});

test("-f beside a saved plan is refused, and nothing is written", async () => {
  const folder = await plannedFolder();
  const before = await filesIn(folder);

  const run = await runCli(folder, ["apply", "saved.plan", "-f", "mesh.yaml"]);

  expect(run).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("error[USAGE]") });
  expect(await filesIn(folder)).toEqual(before);
});

test.each([
  ["the gateway's address", "32001", "32999"],
  ["a pod's account", "serviceAccountName: httpbin", "serviceAccountName: other"],
])("a saved plan is refused once %s is another", async (_what, before, after) => {
  const folder = await plannedFolder();
  await replaceIn(folder, before, after);

  const run = await runCli(folder, ["apply", "saved.plan"]);

  expect(run).toMatchObject({ code: 1, stdout: "Nothing was applied.\n" });
  expect(run.stderr).toContain("error[PLAN_STALE]");
});

const claim = `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: claim, namespace: foo}
spec: {hosts: [httpbin.bar.cluster2], ports: [{number: 8000, name: http, protocol: HTTP}], resolution: DNS}
`;

test("a saved plan writes nothing for what has to wait since: another claim to the name", async () => {
  const folder = await plannedFolder();
  await writeFile(join(folder, "clusters/cluster1/claim.yaml"), claim);
  const before = await filesIn(folder);

  const fresh = await runCli(folder, ["apply", "--yes"]);
  const saved = await runCli(folder, ["apply", "saved.plan"]);

  for (const run of [fresh, saved]) {
    expect(run).toMatchObject({ code: 1, stdout: "Nothing was applied.\n" });
    expect(run.stderr).toContain("HOST_CONFLICT");
  }
  expect(saved.stderr.replaceAll(/\s+/g, " ")).toContain("SharedService.bar.httpbin is pending now");
  expect(await filesIn(folder)).toEqual(before);
});

test("what a saved plan did not read may change", async () => {
  const folder = await plannedFolder();
  await writeFile(
    join(folder, "clusters/cluster2/more.yaml"),
    "apiVersion: v1\nkind: Service\nmetadata: {name: other, namespace: bar}\nspec: {ports: [{port: 80}]}\n",
  );

  expect(await runCli(folder, ["apply", "saved.plan"])).toMatchObject({ code: 0 });
});

async function replaceIn(folder: string, before: string, after: string): Promise<void> {
  const found = Object.entries(await filesIn(folder)).filter(
    ([name, text]) => name.startsWith("clusters/") && text.includes(before),
  );
  expect(found).not.toEqual([]);
  for (const [name, text] of found) await writeFile(join(folder, name), text.replaceAll(before, after));
}

test("apply --wait ends with the proof of what it applied", async () => {
  const folder = await exampleFolder();

  const run = await runCli(folder, ["apply", "--yes", "--wait"]);
  const again = await runCli(folder, ["apply", "--yes", "--wait", "5s", "-o", "json"]);

  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("1 path, all hops in place") });
  expect(JSON.parse(again.stdout).proofs).toMatchObject([{ verdict: "ok" }]);
});

test("apply --wait fails where a path does not stand in time, and says what is in the way", async () => {
  const folder = await exampleFolder();
  const pods = join(folder, "clusters/cluster2/httpbin.yaml");
  await writeFile(pods, (await readFile(pods, "utf8")).replace("replicas: 1", "replicas: 0"));

  const run = await runCli(folder, ["apply", "--yes", "--wait", "1s"]);

  expect(run).toMatchObject({ code: 1, stdout: expect.stringContaining("3 created") });
  expect(run.stdout).toContain("1 path: 0 in place");
});
