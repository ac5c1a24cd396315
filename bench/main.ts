import { existsSync } from "node:fs";
import { measure } from "./compileAndPlan.ts";
import { startupTimes } from "./startup.ts";

/**
 * `npm run bench`: what a user waits for, as figures to read. Each size of compile and plan runs in this process in turn;
 * `ratio` is against copying the observed objects through JSON in the same run, so that it holds on any machine.
 */
const services = [250, 1000, 4000];
console.log("compile + plan, 10 clusters, each service imported by all ten (ms, medians)");
const rows = services.map((count) => measure(count, count > 1000 ? 3 : 5));
console.table(
  rows.map(({ services, imports, first, again, baseline, memory }) => ({
    services,
    imports,
    "nothing applied": Math.round(first),
    "all in place": Math.round(again),
    "copy by JSON": Math.round(baseline),
    ratio: Number((again / baseline).toFixed(2)),
    "us per import": Number(((again * 1000) / imports).toFixed(1)),
    "peak MB": Math.round(memory),
  })),
);

const bundle = "packages/cli/dist/isthmus.js";
if (existsSync(bundle)) {
  console.log("start-up (ms, medians of 15 whole processes)");
  console.table(startupTimes(bundle));
} else {
  console.log("start-up: not measured, run `npm run build` first");
}
