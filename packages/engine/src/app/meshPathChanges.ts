import { type GivenCluster, isPartial, type Problem, undeclaredMesh } from "@isthmus/core";
import { type PathChange, pathChanges } from "@isthmus/core/reachability";
import { type TraceWorld, traceWorld } from "@isthmus/core/trace";
import type { State } from "../git/readState.ts";
import { showRevision } from "../git/revision.ts";
import { type ObserveOptions, observe } from "../observe/observe.ts";
import { type OpenTargetsOptions, withTargets } from "../target/openTargets.ts";

/** One cluster as manifests or a dump have it, or as it is. */
export type ClusterState = State | { readonly context: string };

/** How both states are reached; `stdin` is where `-` is read from. */
export interface PathChangesOptions extends ObserveOptions {
  readonly ways: OpenTargetsOptions;
  readonly stdin: AsyncIterable<Uint8Array | string>;
}

/**
 * What changes of who reaches what between two states of one cluster; undefined where one of them could not be read. Writes nothing;
 * throws only the reason of an aborted `signal`.
 */
export async function meshPathChanges(
  [before, after]: readonly [ClusterState, ClusterState],
  options: PathChangesOptions,
): Promise<{ readonly changes: readonly PathChange[] | undefined; readonly problems: readonly Problem[] }> {
  const [left, right] = [await read(before, options), await read(after, options)];
  const problems = [...left.problems, ...right.problems];
  return { changes: isPartial(problems) ? undefined : pathChanges(left.world, right.world), problems };
}

interface ReadState {
  readonly world: TraceWorld;
  readonly problems: readonly Problem[];
}

/** Both states are of one cluster, by whatever name. */
const name = "cluster";

async function read(state: ClusterState, { ways, stdin, ...reading }: PathChangesOptions): Promise<ReadState> {
  const revision = "revision" in state ? state.revision : undefined;
  const intents = undeclaredMesh([{ ...clusterOf(state), name }]);
  const dumps = { complete: true, stdin, revision };
  return withTargets(intents, { ...ways, trustAccess: true, dumps }, async (targets) => {
    const { observed, problems } = await observe(targets, reading);
    return { world: traceWorld(observed, intents), problems };
  });
}

function clusterOf(state: ClusterState): GivenCluster {
  if ("context" in state) return state;
  return { directory: "path" in state ? state.path : showRevision(state.revision) };
}
