import { stat } from "node:fs/promises";
import {
  keyOf,
  MeshError,
  makeProblem,
  meshConfigMap,
  type ObservedCluster,
  type Problem,
  refOf,
  say,
  trustRootConfigMap,
} from "@isthmus/core";
import type { Action } from "@isthmus/core/plan";
import pLimit from "p-limit";
import type { ClusterEvent } from "./clusterEvent.ts";
import { DirectoryError } from "./directory/directoryError.ts";
import { type Manifests, readManifests } from "./directory/readManifests.ts";
import { watchDirectory } from "./directory/watchDirectory.ts";
import { writeManifest } from "./directory/writeManifest.ts";
import { istiodVersions } from "./istiodVersions.ts";
import { meshConfig } from "./meshConfig.ts";
import { refusal } from "./refusal.ts";
import type { CallOptions, Observation, Target, WriteOptions } from "./target.ts";
import { trustRoots } from "./trustRoots.ts";

export interface DirectoryTargetOptions {
  readonly cluster: string;
  /** Path, as messages show it. */
  readonly directory: string;
  readonly istioNamespace: string;
  /** It may also be a file, such as a dump: to be read only. */
  readonly mayBeFile?: boolean;
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
  readonly #mayBeFile: boolean;
  /** Two objects may be in one file. */
  readonly #oneWrite = pLimit(1);
  #layout: Layout | undefined;

  constructor({ cluster, directory, istioNamespace, mayBeFile = false }: DirectoryTargetOptions) {
    this.cluster = cluster;
    this.#directory = directory;
    this.#istioNamespace = istioNamespace;
    this.#mayBeFile = mayBeFile;
  }

  /** Throws a `DirectoryError` with all files of which nobody can say what they hold. */
  async observe({ signal }: CallOptions = {}): Promise<Observation> {
    const read = await this.#read(signal);
    return { cluster: this.#observed(read), problems: read.findings };
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
      const isFile = this.#mayBeFile && !(await stat(this.#directory)).isDirectory();
      read = await readManifests(this.#directory, signal, isFile);
    } catch (error) {
      signal?.throwIfAborted();
      throw new DirectoryError(unreadable(this.#directory, this.cluster, error), [], { cause: error });
    }
    const [first, ...others] = read.problems;
    if (first !== undefined) throw new DirectoryError(first, [...others, ...read.findings]);
    this.#layout = layoutOf(read);
    return read;
  }

  #observed({ manifests, namespaces, unreadable }: Manifests): ObservedCluster {
    const all = manifests.map(({ object }) => object);
    const declared = new Set(all.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.name));
    const implied = [...namespaces].filter((name) => !declared.has(name)).sort();
    const configMap = (name: string) =>
      all.find(
        ({ kind, metadata }) =>
          kind === "ConfigMap" && metadata.namespace === this.#istioNamespace && metadata.name === name,
      );
    const config = meshConfig(configMap(meshConfigMap)?.data);
    return {
      name: this.cluster,
      source: "directory",
      objects: [
        ...implied.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
        ...all.filter(({ kind }) => kind !== "ConfigMap"),
      ],
      impliedNamespaces: new Set(implied),
      ...(unreadable.length > 0 && { unreadable }),
      istiodVersions: istiodVersions(all, this.#istioNamespace),
      trustRoots: trustRoots(configMap(trustRootConfigMap)?.data),
      ...(config && { meshConfig: config }),
    };
  }
}

function layoutOf({ manifests, namespaces }: Manifests): Layout {
  const declared = manifests.filter(({ object }) => object.kind === "Namespace");
  return {
    files: new Map(manifests.map(({ object, file }) => [keyOf(refOf(object)), file])),
    namespaces: new Set([...namespaces, ...declared.map(({ object }) => object.metadata.name)]),
  };
}

function unreadable(directory: string, cluster: string, error: unknown): Problem {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const isMissing = code === "ENOENT" || code === "ENOTDIR";
  return makeProblem({
    code: "DIRECTORY_INVALID",
    at: { file: directory },
    message: isMissing
      ? say`cluster ${{ cluster }}: there is no directory ${{ directory }}`
      : say`cluster ${{ cluster }}: directory ${{ directory }} cannot be read: ${{ reason: messageOf(error) }}`,
    hint: isMissing
      ? "Create it, or correct the path: access.directory is relative to the file that declares the cluster."
      : "",
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
