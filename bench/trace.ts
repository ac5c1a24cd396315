import { compile } from "@isthmus/core";
import { type PathTrace, tracePaths } from "@isthmus/core/trace";
import { median } from "./median.ts";
import { applied, world } from "./world.ts";

export interface MeasuredTrace {
  readonly services: number;
  readonly paths: number;
  /** Median milliseconds of tracing all declared paths, the index of all clusters included. */
  readonly all: number;
}

/** All declared paths of a mesh in which everything is in place; each must be found to reach. */
export function measureTrace(services: number, runs: number): MeasuredTrace {
  const before = world(services);
  const { desired, paths } = compile(before.intents, before.observed);
  const { intents, observed } = applied(before, desired);
  const run = () => tracePaths({ intents, paths, observed });
  const failed = run().filter(({ trace }) => trace.verdict !== "reaches");
  if (failed.length > 0) throw new Error(`${failed.length} paths do not reach: ${reasonOf(failed)}`);
  return { services, paths: paths.length, all: median(runs, run) };
}

function reasonOf([first]: readonly PathTrace[]): string {
  return first?.trace.blamed?.detail ?? "unknown";
}
