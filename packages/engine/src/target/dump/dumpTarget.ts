import { type FilePlace, MeshError, makeProblem, type ObservedCluster, type Problem, say } from "@isthmus/core";
import type { Revision } from "../../git/revision.ts";
import type { ClusterEvent } from "../clusterEvent.ts";
import { DirectoryError } from "../directory/directoryError.ts";
import { observedManifests } from "../directory/observedManifests.ts";
import type { Manifests } from "../directory/readManifests.ts";
import { unreadableDirectory } from "../directory/unreadableDirectory.ts";
import { watchDirectory } from "../directory/watchDirectory.ts";
import type { CallOptions, Observation, Target } from "../target.ts";
import { Coverage } from "./coverage.ts";
import { readDump } from "./readDump.ts";

export interface DumpTargetOptions {
  readonly cluster: string;
  /** Path of a folder or file, as messages show it; `-`: standard input. */
  readonly path: string;
  readonly istioNamespace: string;
  /** What it does not hold does not exist. */
  readonly isComplete: boolean;
  readonly stdin: AsyncIterable<Uint8Array | string>;
  /** What is read in place of the path. */
  readonly revision?: Revision | undefined;
}

/**
 * What somebody named in place of a cluster, to be read only: manifests, which are taken as all there is, or a dump of a
 * cluster, which says nothing of kinds that it does not show.
 */
export class DumpTarget implements Target {
  readonly source = "directory";
  readonly cluster: string;
  readonly #options: DumpTargetOptions;

  constructor(options: DumpTargetOptions) {
    this.cluster = options.cluster;
    this.#options = options;
  }

  /** Throws a `DirectoryError` with all that makes what was named say nothing of its cluster. */
  async observe({ signal }: CallOptions = {}): Promise<Observation> {
    const { cluster, path, isComplete, stdin, revision } = this.#options;
    const coverage = new Coverage();
    let read: Manifests;
    try {
      read = await readDump(path, { coverage, stdin, revision, signal });
    } catch (error) {
      signal?.throwIfAborted();
      const problem = error instanceof MeshError ? error.problem : unreadableDirectory(path, cluster, error);
      throw new DirectoryError(problem, [], { cause: error });
    }
    const [first, ...others] = read.problems;
    if (first !== undefined) throw new DirectoryError(first, [...others, ...read.findings]);
    if (coverage.isEmpty) throw new DirectoryError(empty(path));
    const observed = observedManifests(read, this.#options);
    const mixed = coverage.authored === undefined ? [] : [mixedWith(coverage.authored)];
    return { cluster: asDumped(observed, coverage, isComplete), problems: [...mixed, ...read.findings] };
  }

  watch({ signal }: { readonly signal: AbortSignal }): AsyncGenerator<ClusterEvent> {
    return watchDirectory(this.#options.path, { signal, observe: () => this.observe({ signal }) });
  }

  write(): Promise<never> {
    return Promise.reject(new Error(`${this.#options.path} is only read`));
  }

  async close(): Promise<void> {}
}

/** A dump with Pods is as its API server had it: what makes the Pods does not count beside them. */
function asDumped(observed: ObservedCluster, coverage: Coverage, isComplete: boolean): ObservedCluster {
  if (!coverage.isDump) return { ...observed, isTakenAsWhole: true };
  const isLive = observed.objects.some(({ kind }) => kind === "Pod");
  const dumped: ObservedCluster = { ...observed, source: isLive ? "live" : "directory" };
  if (isComplete) return { ...dumped, isTakenAsWhole: true };
  const missing = coverage.missing();
  return missing.length === 0 ? dumped : { ...dumped, unreadable: [...(observed.unreadable ?? []), ...missing] };
}

function empty(path: string): Problem {
  return makeProblem({
    code: "DUMP_INVALID",
    at: path === "-" ? {} : { file: path },
    message: say`${{ dump: path === "-" ? "standard input" : path }} holds no object of Kubernetes`,
    hint: "Name manifests, what kubectl get -o yaml printed, or an archive of istioctl bug-report.",
  });
}

function mixedWith(at: FilePlace): Problem {
  return makeProblem({
    code: "DUMP_MIXED",
    at,
    message: say`a manifest lies beside what an API server gave out; both count as being in the cluster`,
    hint: "If the manifests are all there is, add --complete; else keep them apart.",
  });
}
