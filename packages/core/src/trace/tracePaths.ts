import { memoised } from "../istio/index.ts";
import type { AcrossPath, DeclaredPath, Observed } from "../model/index.ts";
import { atOnce } from "../world/index.ts";
import { type PathIntents, requestsOfPaths } from "./requestsOfPaths.ts";
import { trace } from "./trace.ts";
import { type NameInfo, type PathShare, traceExternalService, traceOfPath } from "./traceOfPath.ts";
import type { TraceRequest } from "./traceRequest.ts";
import type { Trace } from "./traceResult.ts";
import { type TraceWorld, traceWorld } from "./traceWorld.ts";

export interface PathTrace extends PathShare {
  readonly path: DeclaredPath;
}

export interface TracePathsInput {
  readonly intents: PathIntents;
  readonly paths: readonly DeclaredPath[];
  readonly observed: Observed;
}

/** Each declared path with what becomes of a call of it: of a name that several clusters serve, of calls that come to its server. */
export function tracePaths(input: TracePathsInput): readonly PathTrace[] {
  return atOnce(tracingPaths(input));
}

/** The same in steps, one for each path. */
export function* tracingPaths({ intents, paths, observed }: TracePathsInput): Generator<void, readonly PathTrace[]> {
  const world = traceWorld(observed, intents);
  const requestOf = requestsOfPaths(intents, world);
  const serverOf = serversOfHosts(paths);
  const known = new Map<string, CallTraces>();
  const traces: PathTrace[] = [];
  for (const path of paths) {
    const key = callKey(path);
    const call = known.get(key) ?? callOf(world, requestOf(path));
    known.set(key, call);
    traces.push(tracedPath(path, call, { world, serverOf: (host) => serverOf(path, host) }));
    yield;
  }
  return traces;
}

/** The call of a name that proves a path, and what it would be if it could go any way that there is. */
export interface CallTraces {
  readonly whole: Trace;
  readonly wider: () => Trace;
}

/** What a call of its name says of a path. */
export function tracedPath(path: DeclaredPath, call: CallTraces, info: NameInfo): PathTrace {
  if (path.direction === "in") return { path, trace: call.whole, share: 1 };
  if (path.direction === "out") return { path, trace: traceExternalService(call.whole, path), share: 1 };
  return { path, ...traceOfPath(call.whole, call.wider, path, info) };
}

function callOf(world: TraceWorld, request: TraceRequest): CallTraces {
  let wider: Trace | undefined;
  return {
    whole: trace(world, request),
    wider: () => {
      wider ??= trace({ ...world, spreads: true }, request);
      return wider;
    },
  };
}

/** The one cluster that a host of a path's consumer leads to, for those that only one serves. */
export function serversOfHosts(
  paths: readonly DeclaredPath[],
): (path: DeclaredPath, host: string) => string | undefined {
  return (path, host) => (path.direction === "across" ? leadsTo(paths).get(hostKey(path, host)) : undefined);
}

/** Made where it is asked, which few paths do. */
const leadsTo = memoised((paths: readonly DeclaredPath[]): ReadonlyMap<string, string | undefined> => {
  const found = new Map<string, string | undefined>();
  for (const path of paths) {
    if (path.direction !== "across") continue;
    const key = hostKey(path, path.host);
    const { cluster } = path.server;
    found.set(key, found.has(key) && found.get(key) !== cluster ? undefined : cluster);
  }
  return found;
});

function hostKey({ consumer }: AcrossPath, host: string): string {
  return `${consumer.cluster} ${host}`;
}

/** Equal for paths that one call proves. Clients outside call each cluster's gateway by itself. */
export function callKey(path: DeclaredPath): string {
  const caller =
    path.direction === "in" ? `outside@${path.server.cluster}` : `${path.consumer.cluster}/${path.consumer.namespace}`;
  return `${path.owner} ${caller} ${path.host}:${path.port}`;
}
