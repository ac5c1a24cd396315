import { keyOf, MeshError, refOf, say } from "@isthmus/core";
import type { Action } from "@isthmus/core/plan";
import pLimit from "p-limit";
import type { ClusterEvent } from "./clusterEvent.ts";
import { DirectoryError } from "./directory/directoryError.ts";
import { observedManifests } from "./directory/observedManifests.ts";
import { type Manifests, readManifests } from "./directory/readManifests.ts";
import { unreadableDirectory } from "./directory/unreadableDirectory.ts";
import { watchDirectory } from "./directory/watchDirectory.ts";
import { writeManifest } from "./directory/writeManifest.ts";
import { refusal } from "./refusal.ts";
import type { CallOptions, Observation, Target, WriteOptions } from "./target.ts";

export interface DirectoryTargetOptions {
  readonly cluster: string;
  /** Path, as messages show it. */
  readonly directory: string;
  readonly istioNamespace: string;
}

/** What a reading of the directory leaves for writes. */
interface Layout {
  /** The file of each object, by key. */
  readonly files: Map<string, string>;
  readonly namespaces: ReadonlySet<string>;
}

/**
 * A directory of manifests, as in a Git repository, that stands for a cluster. Any file layout is read; what we create is
 * a file of its own in `<directory>/isthmus`. An object of ours that the user moved elsewhere is changed where it is.
 *
 * Since a directory need not hold Namespace manifests, a namespace exists as soon as any manifest but ours is in it.
 * The directory is read as a whole by `observe`, and by the first write without one; a write reads only the file it changes.
 */
export class DirectoryTarget implements Target {
  readonly source = "directory";
  readonly cluster: string;
  readonly #directory: string;
  readonly #istioNamespace: string;
  /** Two objects may be in one file. */
  readonly #oneWrite = pLimit(1);
  #layout: Layout | undefined;

  constructor({ cluster, directory, istioNamespace }: DirectoryTargetOptions) {
    this.cluster = cluster;
    this.#directory = directory;
    this.#istioNamespace = istioNamespace;
  }

  /** Throws a `DirectoryError` with all files of which nobody can say what they hold. */
  async observe({ signal }: CallOptions = {}): Promise<Observation> {
    const read = await this.#read(signal);
    const around = { cluster: this.cluster, istioNamespace: this.#istioNamespace };
    return { cluster: observedManifests(read, around), problems: read.findings };
  }

  watch({ signal }: { readonly signal: AbortSignal }): AsyncGenerator<ClusterEvent> {
    return watchDirectory(this.#directory, { signal, observe: () => this.observe({ signal }) });
  }

  write(action: Action, { dryRun = false, signal }: WriteOptions = {}): Promise<void> {
    return this.#oneWrite(async () => {
      signal?.throwIfAborted();
      if (this.#layout === undefined) await this.#read(signal);
      const { files, namespaces } = this.#layout ?? { files: new Map(), namespaces: new Set() };
      const key = keyOf(action.ref);
      try {
        const file = await writeManifest(action, {
          directory: this.#directory,
          file: files.get(key),
          namespaces,
          dryRun,
        });
        if (file === undefined) files.delete(key);
        else files.set(key, file);
      } catch (error) {
        if (error instanceof MeshError) throw error;
        throw refusal("WRITE_FAILED", action, say`${{ reason: messageOf(error) }}`, {
          hint: "Fix that, then apply again.",
          cause: error,
        });
      }
    });
  }

  async close(): Promise<void> {}

  async #read(signal?: AbortSignal): Promise<Manifests> {
    let read: Manifests;
    try {
      read = await readManifests(this.#directory, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw new DirectoryError(unreadableDirectory(this.#directory, this.cluster, error), [], { cause: error });
    }
    const [first, ...others] = read.problems;
    if (first !== undefined) throw new DirectoryError(first, [...others, ...read.findings]);
    this.#layout = layoutOf(read);
    return read;
  }
}

function layoutOf({ manifests, namespaces }: Manifests): Layout {
  const declared = manifests.filter(({ object }) => object.kind === "Namespace");
  return {
    files: new Map(manifests.map(({ object, file }) => [keyOf(refOf(object)), file])),
    namespaces: new Set([...namespaces, ...declared.map(({ object }) => object.metadata.name)]),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
