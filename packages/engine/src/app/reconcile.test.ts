import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { summarize } from "@isthmus/core/plan";
import { proofOfPaths } from "@isthmus/core/verify";
import {
  detourGateway,
  intents,
  MemoryTarget,
  meshCluster,
  namespace,
  observedCluster,
  pod,
  service,
  sharedService,
} from "@isthmus/testkit";
import { expect, onTestFinished, test } from "vitest";
import { readIntentFiles } from "../intentFiles.ts";
import { openTargets } from "../target/openTargets.ts";
import type { Target } from "../target/target.ts";
import { type DeclaredMesh, planMesh } from "./planMesh.ts";
import { type ReconcileOptions, reconcile } from "./reconcile.ts";

async function turn(mesh: DeclaredMesh, options: ReconcileOptions = {}) {
  const types: string[] = [];
  const codes: string[] = [];
  const effects: string[] = [];
  for await (const event of reconcile(await planMesh(mesh), options)) {
    types.push(event.type === "stopped" ? `stopped: ${event.because}` : event.type);
    if (event.type !== "planned") continue;
    const { problems, alarm, effects: found } = event.mesh;
    codes.push(...[...problems, ...(alarm === undefined ? [] : [alarm])].map(({ code }) => code));
    effects.push(...found.map(({ kind }) => kind));
  }
  return { types, codes, effects };
}

/** The example's mesh over a copy of its directories. */
async function exampleMesh(): Promise<DeclaredMesh & { readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "isthmus-reconcile-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(join(import.meta.dirname, "../../../../examples/sleep-httpbin"), folder, { recursive: true });
  const { intents: declared, sources, problems } = await readIntentFiles([folder]);
  if (declared === undefined) throw new Error(JSON.stringify(problems));
  return { folder, intents: declared, targets: await openTargets(declared, { sources }) };
}

function memoryMesh(): DeclaredMesh & { readonly server: MemoryTarget } {
  // They publish no trust root, which is a warning.
  const memory = (name: string, address: string, objects: readonly Parameters<MemoryTarget["put"]>[0][]) =>
    new MemoryTarget(name, observedCluster(name, address, objects).objects);
  const client = memory("cluster1", "192.0.2.1", [namespace("foo"), pod("foo/sleep")]);
  const server = memory("cluster2", "192.0.2.2", [namespace("bar"), service("bar/httpbin"), pod("bar/httpbin")]);
  return {
    intents: intents([sharedService("bar/httpbin")]),
    targets: new Map([client, server].map((target) => [target.cluster, target])),
    server,
  };
}

test("the example is applied into its directories, stands as proved, and then nothing is left to do", async () => {
  const mesh = await exampleMesh();

  const first = await turn(mesh);
  const after = await planMesh(mesh);
  const second = await turn(mesh);

  expect(first).toEqual({
    types: ["planned", "checking", "applying", "done", "done", "done", "finished"],
    codes: [],
    effects: ["makes"],
  });
  expect(summarize(after.plan)).toEqual({ create: 0, update: 0, delete: 0, noop: 3 });
  expect(proofOfPaths(after).map(({ path, verdict }) => [path.host, verdict])).toEqual([
    ["httpbin.bar.cluster2", "ok"],
  ]);
  expect(second.types).toEqual(["planned", "stopped: nothing to write"]);
});

test("while a declaration is wrong nothing is applied", async () => {
  const mesh = memoryMesh();
  const wrong = { ...mesh, intents: intents([sharedService("bar/none")]) };

  expect(await turn(wrong)).toMatchObject({
    types: ["planned", "stopped: problems"],
    codes: expect.arrayContaining(["SERVICE_MISSING"]),
  });
  expect(mesh.server.writes).toBe(0);
});

test("a plan that deletes most of what we own is applied only where that is allowed", async () => {
  const mesh = memoryMesh();
  await turn(mesh);
  const undeclared = { ...mesh, intents: intents([]) };

  expect(await turn(undeclared)).toEqual({
    types: ["planned", "stopped: problems"],
    codes: ["MASS_DELETE"],
    effects: [],
  });
  expect(await turn(undeclared, { maxDelete: { percent: 100 } })).toMatchObject({ codes: [] });
  expect(mesh.server.list().filter(({ kind }) => kind === "Gateway")).toEqual([]);
});

test("a plan that breaks a path which works now is applied only where that is allowed, and told with its effect", async () => {
  const { folder, ...mesh } = await exampleMesh();
  await turn(mesh);
  await writeFile(join(folder, "clusters/cluster2/other.yaml"), detourGateway);
  const [entry = ""] = (await readdir(folder, { recursive: true })).filter((file) => file.includes("serviceentry"));
  const text = await readFile(join(folder, entry), "utf8");
  await writeFile(join(folder, entry), text.replace("32001", "32002"));

  const refused = await turn(mesh);
  const untouched = await readFile(join(folder, entry), "utf8");
  const allowed = await turn(mesh, { allowBrokenPaths: true });

  expect(refused).toEqual({
    types: ["planned", "stopped: problems"],
    codes: ["PATH_WOULD_BREAK"],
    effects: ["breaks"],
  });
  expect(untouched).toContain("32002");
  expect(allowed).toMatchObject({ codes: [], effects: ["breaks"] });
  expect(allowed.types.at(-1)).toBe("finished");
});

test("a cluster that cannot be read delays what needs it and nothing else", async () => {
  const mesh = memoryMesh();
  const unreachable = new MemoryTarget("cluster3");
  unreachable.observe = () => Promise.reject(new Error("no route"));
  const declared = intents([sharedService("bar/httpbin"), sharedService("bar/other", { servedBy: ["cluster3"] })], {
    clusters: ["cluster1", "cluster2", "cluster3"].map((name) => meshCluster(name)),
  });

  const { types, codes } = await turn({
    intents: declared,
    targets: new Map<string, Target>([...mesh.targets, ["cluster3", unreachable]]),
  });

  expect(codes).toEqual(["CLUSTER_UNREACHABLE", "TRUST_ROOT_UNKNOWN", "TRUST_ROOT_UNKNOWN"]);
  expect(types.filter((type) => type === "done")).toHaveLength(3);
});

test("whoever is asked decides before anything is written, also about what looks like a mistake", async () => {
  const mesh = memoryMesh();
  const asked: (string | undefined)[] = [];
  const answering = (answer: boolean): ReconcileOptions => ({
    approve: async ({ alarm }) => {
      asked.push(alarm?.code);
      return answer;
    },
  });

  const refused = await turn(mesh, answering(false));
  const untouched = mesh.server.writes;
  const approved = await turn(mesh, answering(true));
  const withAlarm = await turn({ ...mesh, intents: intents([]) }, answering(true));

  expect(refused.types).toEqual(["planned", "stopped: not approved"]);
  expect(untouched).toBe(0);
  expect(approved.types.at(-1)).toBe("finished");
  expect(withAlarm).toMatchObject({ codes: ["MASS_DELETE"], types: expect.arrayContaining(["done", "finished"]) });
  expect(asked).toEqual([undefined, undefined, "MASS_DELETE"]);
});

test("a dry run asks the clusters and writes nothing", async () => {
  const mesh = memoryMesh();

  const { types } = await turn(mesh, { dryRun: true });

  expect(types).toEqual(["planned", "checking", "done", "done", "done", "finished"]);
  expect(mesh.server.list().filter(({ kind }) => kind === "Gateway")).toEqual([]);
});
