import type { DeclaredPath } from "../model/compiled.ts";
import type { Intents } from "../model/intents.ts";
import type { Observed } from "../model/observed.ts";
import { requestOfPath, sharedServicesByOwner } from "./requestOfPath.ts";
import { trace } from "./trace.ts";
import type { Trace } from "./traceResult.ts";
import { traceWorld } from "./traceWorld.ts";

export interface PathTrace {
  readonly path: DeclaredPath;
  readonly trace: Trace;
}

export interface TracePathsInput {
  readonly intents: Pick<Intents, "clusters" | "sharedServices">;
  readonly paths: readonly DeclaredPath[];
  readonly observed: Observed;
}

/** Each declared path with what becomes of a call of it. Paths that one name leads to share one trace. */
export function tracePaths({ intents, paths, observed }: TracePathsInput): readonly PathTrace[] {
  const world = traceWorld(observed, intents.clusters);
  const shared = sharedServicesByOwner(intents);
  const known = new Map<string, Trace>();
  return paths.map((path) => {
    const key = `${path.owner} ${path.consumer.cluster}/${path.consumer.namespace} ${path.host}:${path.port}`;
    const found = known.get(key) ?? trace(world, requestOfPath(path, shared.get(path.owner), world));
    known.set(key, found);
    return { path, trace: found };
  });
}
