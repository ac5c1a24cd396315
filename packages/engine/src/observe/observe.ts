import { MeshError, makeProblem, type Observed, type ObservedCluster, type Problem } from "@isthmus/core";
import { orAborted } from "@isthmus/kube";
import { DirectoryError } from "../target/directory/directoryError.ts";
import type { CallOptions, Observation, Target } from "../target/target.ts";

export interface ObserveOptions extends CallOptions {
  /** Milliseconds for each cluster; a minute unless told. */
  readonly timeout?: number;
}

export interface ObserveResult {
  readonly observed: Observed;
  /** Of all clusters, those that cannot be read first by name. */
  readonly problems: readonly Problem[];
}

type Read = { readonly observation: Observation } | { readonly problems: readonly [Problem, ...Problem[]] };

/**
 * Reads all clusters at the same time. A cluster that cannot be read, or not in time, is in `unreachable` with the reason
 * and keeps nobody waiting. Throws only the reason of an aborted `signal`.
 */
export async function observe(
  targets: ReadonlyMap<string, Target>,
  options: ObserveOptions = {},
): Promise<ObserveResult> {
  const { signal, timeout = 60_000 } = options;
  const reads = await Promise.all(
    [...targets].map(async ([name, target]) => ({ name, read: await readCluster(target, timeout, signal) })),
  );
  signal?.throwIfAborted();
  const clusters = new Map<string, ObservedCluster>();
  const unreachable = new Map<string, Problem>();
  const problems: Problem[] = [];
  for (const { name, read } of reads.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    if ("observation" in read) {
      clusters.set(name, read.observation.cluster);
      problems.push(...read.observation.problems);
    } else {
      unreachable.set(name, read.problems[0]);
      problems.push(...read.problems);
    }
  }
  return { observed: { clusters, unreachable }, problems };
}

async function readCluster(target: Target, timeout: number, signal: AbortSignal | undefined): Promise<Read> {
  const tooLate = new AbortController();
  const timer = setTimeout(() => tooLate.abort(overtime(target.cluster, timeout)), timeout);
  const either = signal === undefined ? tooLate.signal : AbortSignal.any([signal, tooLate.signal]);
  try {
    // Not every read can be interrupted: a network file system may hang.
    return { observation: await orAborted(target.observe({ signal: either }), either) };
  } catch (error) {
    return { problems: problemsOf(tooLate.signal.aborted ? tooLate.signal.reason : error, target.cluster) };
  } finally {
    clearTimeout(timer);
  }
}

function overtime(cluster: string, timeout: number): MeshError {
  return new MeshError({
    code: "CLUSTER_UNREACHABLE",
    at: { cluster },
    message: `cluster ${cluster} could not be read within ${timeout / 1000} s`,
    hint: "Is its API server overloaded, or the way to it slow?",
  });
}

function problemsOf(error: unknown, cluster: string): readonly [Problem, ...Problem[]] {
  if (error instanceof DirectoryError) {
    const [, ...others] = error.problems;
    return [error.problem, ...others];
  }
  if (error instanceof MeshError) return [error.problem];
  const message = error instanceof Error ? error.message : String(error);
  return [
    makeProblem({
      code: "CLUSTER_UNREACHABLE",
      at: { cluster },
      message: `cluster ${cluster} cannot be read: ${message}`,
      hint: "",
    }),
  ];
}
