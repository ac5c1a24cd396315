import { MeshError, makeProblem, type Problem, say } from "@isthmus/core";
import { orAborted } from "@isthmus/kube";
import { DirectoryError } from "../target/directory/directoryError.ts";
import type { CallOptions, Target } from "../target/target.ts";
import { isImpatience, isOver, throwIfStopped, withPatience } from "../withPatience.ts";

export interface ReadOptions extends CallOptions {
  /** Milliseconds for each cluster; a minute unless told. */
  readonly timeout?: number;
  /** Told every second which clusters are still waited for, and for how many milliseconds. */
  readonly onWaiting?: (clusters: readonly string[], milliseconds: number) => void;
}

/** What was read of a cluster, or why it could not be. */
export type ClusterRead<T> = { readonly value: T } | { readonly problems: readonly [Problem, ...Problem[]] };

/** Milliseconds. */
const betweenWords = 1000;

/**
 * Reads all clusters at the same time, in the order of their names. One that cannot be read, or not in time, has the reason, and
 * keeps nobody waiting: its own time, or what `signal` leaves of the caller's. Throws only the reason of a `signal` that stops.
 */
export async function readClusters<T>(
  targets: ReadonlyMap<string, Target>,
  read: (target: Target, signal: AbortSignal) => Promise<T>,
  options: ReadOptions,
): Promise<ReadonlyMap<string, ClusterRead<T>>> {
  const waiting = new Set(targets.keys());
  const stopTelling = tellWaiting(waiting, options.onWaiting);
  try {
    const reads = await Promise.all(
      [...targets].map(async ([name, target]) => {
        const found = await readCluster(target, read, options);
        waiting.delete(name);
        return [name, found] as const;
      }),
    );
    throwIfStopped(options.signal);
    return new Map(reads.sort(([left], [right]) => (left < right ? -1 : 1)));
  } finally {
    stopTelling();
  }
}

function tellWaiting(waiting: ReadonlySet<string>, onWaiting: ReadOptions["onWaiting"]): () => void {
  if (onWaiting === undefined) return () => {};
  const begin = performance.now();
  const timer = setInterval(() => onWaiting([...waiting].sort(), performance.now() - begin), betweenWords);
  return () => clearInterval(timer);
}

async function readCluster<T>(
  target: Target,
  read: (target: Target, signal: AbortSignal) => Promise<T>,
  { signal, timeout = 60_000 }: ReadOptions,
): Promise<ClusterRead<T>> {
  try {
    // Not every read can be interrupted: a network file system may hang.
    return { value: await withPatience(timeout, signal, (limit) => orAborted(read(target, limit), limit)) };
  } catch (error) {
    const limit = isOver(signal) ? "the time that --timeout gives" : `${timeout / 1000} s`;
    return { problems: problemsOf(error, target.cluster, limit) };
  }
}

function problemsOf(error: unknown, cluster: string, limit: string): readonly [Problem, ...Problem[]] {
  if (error instanceof DirectoryError) {
    const [, ...others] = error.problems;
    return [error.problem, ...others];
  }
  if (error instanceof MeshError) return [error.problem];
  if (isImpatience(error)) {
    const hint = "Is its API server overloaded, or the way to it slow?";
    return [unreachable(cluster, `could not be read within ${limit}`, hint)];
  }
  return [unreachable(cluster, `cannot be read: ${error instanceof Error ? error.message : String(error)}`, "")];
}

function unreachable(cluster: string, why: string, hint: string): Problem {
  return makeProblem({
    code: "CLUSTER_UNREACHABLE",
    at: { cluster },
    message: say`cluster ${{ cluster }} ${why}`,
    hint,
  });
}
