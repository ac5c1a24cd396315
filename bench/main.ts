import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { measure, peakMemory } from "./compileAndPlan.ts";
import { measureParse } from "./parse.ts";
import { measurePaths } from "./paths.ts";
import { planAgainstKubectl } from "./planAgainstKubectl.ts";
import { processTimes } from "./processTimes.ts";
import { measureSteps } from "./step.ts";
import { measureTrace } from "./trace.ts";

/**
 * `npm run bench`: what a user waits for, as figures to read. `npm run bench -- plan FOLDER` times a plan of the declarations
 * in a folder over real clusters, `npm run bench -- imports` takes a mesh of 100,000 imports, which is slow,
 * `npm run bench -- paths` a cluster of 1,000 workloads. Ratios are against a
 * baseline in the same run, so that they hold on any machine.
 */
const bundle = "packages/cli/dist/isthmus.js";

function compileAndPlan(): void {
  console.log("compile + plan, 10 clusters, each service imported by all ten (ms, medians; ratio to copying by JSON)");
  const rows = [250, 1000, 4000].map((services) => measure(services, services > 1000 ? 3 : 5));
  console.table(
    rows.map(({ services, imports, first, again, baseline }) => ({
      services,
      imports,
      "nothing applied": Math.round(first),
      "all in place": Math.round(again),
      "copy by JSON": Math.round(baseline),
      ratio: Number((again / baseline).toFixed(2)),
      "us per import": Number(((again * 1000) / imports).toFixed(1)),
      "peak MB": memoryOf(services),
    })),
  );
}

/** In a process of its own, so that no other measurement counts. */
function memoryOf(services: number): number {
  const args = [...process.execArgv, import.meta.filename, "memory", String(services)];
  return Number(spawnSync(process.execPath, args, { encoding: "utf8" }).stdout);
}

/** Ten clusters, 10,000 services, each imported by all ten: it must fit into 2 GB. */
function imports(): void {
  console.log("100,000 imports: compile, and compile + plan once all is in place");
  console.table([{ "peak MB": memoryOf(10_000), "at most": 2048 }]);
}

function trace(): void {
  console.log("trace of all declared paths, 10 clusters, everything in place (ms, medians)");
  const rows = [250, 1000].map((services) => measureTrace(services, 3));
  console.table(
    rows.map(({ services, paths, all }) => ({
      services,
      paths,
      "all paths": Math.round(all),
      "us per path": Number(((all * 1000) / paths).toFixed(1)),
    })),
  );
}

function steps(runs: number, chosen?: string): void {
  console.log(
    "compile, plan and proof of 10,000 paths after one change, 10 clusters, everything in place (ms, medians; p50, p99 and longest block of all)",
  );
  const rounded = (ms: number) => Number(ms.toFixed(1));
  console.table(
    measureSteps(1000, runs, chosen).map(({ change, ...times }) => ({
      change,
      ...Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, rounded(ms)])),
    })),
  );
}

function paths(size: number): void {
  console.log("who reaches what in one cluster, and what the removal of a policy changes of it (seconds)");
  const { all, changes, megabytes } = measurePaths(size);
  const seconds = (ms: number) => Number((ms / 1000).toFixed(2));
  console.table([
    {
      "workloads and hosts": size,
      paths: seconds(all.wall),
      "its CPU": seconds(all.cpu),
      "diff-paths": seconds(changes.wall),
      "CPU of that": seconds(changes.cpu),
      MB: megabytes,
    },
  ]);
}

function parse(): void {
  console.log("parse 10 clusters and 1,000 shared services of one file (ms, medians; ratio to the YAML library alone)");
  console.table([measureParse(1000)]);
}

function processes(commands: readonly (readonly string[])[]): void {
  if (!existsSync(bundle)) {
    console.log("whole processes: not measured, run `npm run build` first");
    return;
  }
  console.log("whole processes (ms, medians of 15; ratio to a Node process that does nothing)");
  console.table(commands.map((args) => processTimes(bundle, args)));
}

async function live(): Promise<void> {
  const found = existsSync(bundle) ? await planAgainstKubectl(resolve(bundle), 500, 7) : undefined;
  if (found === undefined)
    console.log("plan over live clusters: not measured, run `npm run build` and `lab/build.sh` first");
  else {
    console.log("plan over two API servers (ms, medians; ratio to kubectl get of the same kinds)");
    console.table([found]);
  }
}

const [what, folder, runs] = process.argv.slice(2);
if (what === "plan" && folder !== undefined) processes([["plan", "-f", folder]]);
else if (what === "trace") trace();
else if (what === "steps") steps(Number(runs ?? 101), folder);
else if (what === "live") await live();
else if (what === "imports") imports();
else if (what === "paths") paths(Number(folder ?? 1000));
else if (what === "memory") console.log(Math.round(peakMemory(Number(folder))));
else {
  parse();
  compileAndPlan();
  steps(11);
  trace();
  paths(200);
  processes([["--help"], ["--version"], ["plan", "--help"]]);
  await live();
}
