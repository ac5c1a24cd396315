import { type FSWatcher, watch } from "node:fs";
import { keepEqual, MeshError } from "@isthmus/core";
import type { ClusterEvent } from "../clusterEvent.ts";
import type { Observation } from "../target.ts";

/** Milliseconds from a change to a reading: an editor, or Git, writes many files in a row. */
const settling = 100;
/** Milliseconds after which the directory is read again in any case: some file systems, as shared ones, tell nothing. */
const unheard = 5_000;

export interface WatchDirectoryOptions {
  readonly signal: AbortSignal;
  readonly observe: () => Promise<Observation>;
}

/** What a directory holds, and then again whenever that is something else, until the signal aborts: then it throws the reason. */
export async function* watchDirectory(
  directory: string,
  { signal, observe }: WatchDirectoryOptions,
): AsyncGenerator<ClusterEvent> {
  let known: Observation | undefined;
  let lost: string | undefined;
  for (;;) {
    // Before the reading, so that no change after it is missed.
    const change = nextChange(directory, signal);
    try {
      const read = keepEqual(known, await observe());
      if (known === undefined || isOther(known, read)) yield { type: "observed", observation: read };
      [known, lost] = [read, undefined];
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof MeshError)) throw error;
      if (lost !== error.message) yield { type: "lost", problem: error.problem };
      [known, lost] = [undefined, error.message];
    }
    await change;
    signal.throwIfAborted();
  }
}

/** Sets cannot be kept; the namespaces that they hold are among the objects. */
function isOther(before: Observation, after: Observation): boolean {
  const { impliedNamespaces: _before, ...known } = before.cluster;
  const { impliedNamespaces: _after, ...cluster } = after.cluster;
  return before.problems !== after.problems || keepEqual(known, cluster) !== known;
}

/** Resolves a little after something below the directory changes, or when it is time to look in any case, or the signal aborts. */
function nextChange(directory: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      watcher?.close();
      signal.removeEventListener("abort", done);
      resolve();
    };
    let timer = setTimeout(done, unheard);
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(done, settling);
    };
    const watcher = openWatcher(directory, soon);
    signal.addEventListener("abort", done);
  });
}

/** Undefined where there is no directory: it may come. */
function openWatcher(directory: string, changed: () => void): FSWatcher | undefined {
  try {
    return watch(directory, { recursive: true }, changed).on("error", changed);
  } catch {
    return undefined;
  }
}
