import { stat } from "node:fs/promises";
import type { ObservedCluster } from "@isthmus/core";
import type { ClusterEvent } from "../clusterEvent.ts";
import { DirectoryError } from "../directory/directoryError.ts";
import { findManifestFiles } from "../directory/findManifestFiles.ts";
import { observedManifests } from "../directory/observedManifests.ts";
import { type Manifests, readFileManifests, together } from "../directory/readManifests.ts";
import { unreadableDirectory } from "../directory/unreadableDirectory.ts";
import { watchDirectory } from "../directory/watchDirectory.ts";
import type { CallOptions, Observation, Target } from "../target.ts";
import { Coverage } from "./coverage.ts";

export interface DumpTargetOptions {
  readonly cluster: string;
  /** Path of a folder or file, as messages show it. */
  readonly path: string;
  readonly istioNamespace: string;
  /** What it does not hold does not exist. */
  readonly isComplete: boolean;
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

  /** Throws a `DirectoryError` with all files of which nobody can say what they hold. */
  async observe({ signal }: CallOptions = {}): Promise<Observation> {
    const { cluster, path, isComplete } = this.#options;
    const coverage = new Coverage();
    let read: Manifests;
    try {
      const files = (await stat(path)).isDirectory() ? await findManifestFiles(path, signal) : [path];
      read = together(await Promise.all(files.map((file) => readFileManifests(file, signal, coverage))));
    } catch (error) {
      signal?.throwIfAborted();
      throw new DirectoryError(unreadableDirectory(path, cluster, error), [], { cause: error });
    }
    const [first, ...others] = read.problems;
    if (first !== undefined) throw new DirectoryError(first, [...others, ...read.findings]);
    const observed = observedManifests(read, this.#options);
    return { cluster: asDumped(observed, coverage, isComplete), problems: read.findings };
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
