import type { Observed, ObservedCluster, Problem } from "@isthmus/core";
import type { Target } from "../target/target.ts";
import { type ReadOptions, readClusters } from "./readClusters.ts";

export type ObserveOptions = ReadOptions;

export interface ObserveResult {
  readonly observed: Observed;
  /** Of all clusters, those that cannot be read first by name. */
  readonly problems: readonly Problem[];
}

/**
 * Reads all clusters at the same time. A cluster that cannot be read, or not in time, is in `unreachable` with the reason
 * and keeps nobody waiting. Throws only the reason of a `signal` that stops.
 */
export async function observe(
  targets: ReadonlyMap<string, Target>,
  options: ObserveOptions = {},
): Promise<ObserveResult> {
  const clusters = new Map<string, ObservedCluster>();
  const unreachable = new Map<string, Problem>();
  const problems: Problem[] = [];
  const reads = await readClusters(targets, (target, signal) => target.observe({ signal }), options);
  for (const [name, read] of reads) {
    if ("value" in read) {
      clusters.set(name, read.value.cluster);
      problems.push(...read.value.problems);
    } else {
      unreachable.set(name, read.problems[0]);
      problems.push(...read.problems);
    }
  }
  return { observed: { clusters, unreachable }, problems };
}
