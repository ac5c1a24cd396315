import type { DeclaredPath } from "../model/compiled.ts";
import type { Observed } from "../model/observed.ts";
import { type PathIntents, requestsOfPaths } from "./requestsOfPaths.ts";
import { trace } from "./trace.ts";
import type { Trace } from "./traceResult.ts";
import { traceWorld } from "./traceWorld.ts";

export interface PathTrace {
  readonly path: DeclaredPath;
  readonly trace: Trace;
}

export interface TracePathsInput {
  readonly intents: PathIntents;
  readonly paths: readonly DeclaredPath[];
  readonly observed: Observed;
}

/** Each declared path with what becomes of a call of it. Paths that one name leads to share one trace. */
export function tracePaths({ intents, paths, observed }: TracePathsInput): readonly PathTrace[] {
  const world = traceWorld(observed, intents);
  const requestOf = requestsOfPaths(intents, world);
  const known = new Map<string, Trace>();
  return paths.map((path) => {
    const key = `${path.owner} ${callerKey(path)} ${path.host}:${path.port}`;
    const found = known.get(key) ?? trace(world, requestOf(path));
    known.set(key, found);
    return { path, trace: found };
  });
}

/** Clients outside call each cluster's gateway by itself. */
function callerKey(path: DeclaredPath): string {
  return path.direction === "in"
    ? `outside@${path.server.cluster}`
    : `${path.consumer.cluster}/${path.consumer.namespace}`;
}
