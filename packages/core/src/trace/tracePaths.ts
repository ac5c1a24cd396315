import type { AcrossPath, DeclaredPath, Observed } from "../model/index.ts";
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
export function tracePaths({ intents, paths, observed }: TracePathsInput): readonly PathTrace[] {
  const world = traceWorld(observed, intents);
  const requestOf = requestsOfPaths(intents, world);
  const serverOf = serversOfHosts(paths);
  const known = new Map<string, NameTraces>();
  return paths.map((path) => {
    const key = `${path.owner} ${callerKey(path)} ${path.host}:${path.port}`;
    const found = known.get(key) ?? new NameTraces(world, requestOf(path));
    known.set(key, found);
    if (path.direction === "in") return { path, trace: found.whole, share: 1 };
    if (path.direction === "out") return { path, trace: traceExternalService(found.whole, path), share: 1 };
    const info: NameInfo = { world, serverOf: (host) => serverOf.get(hostKey(path, host)) };
    return { path, ...traceOfPath(found.whole, () => found.wider, path, info) };
  });
}

/** Of one call, made for all paths that are proved by it. */
class NameTraces {
  readonly #world: TraceWorld;
  readonly #request: TraceRequest;
  readonly whole: Trace;
  #wider: Trace | undefined;

  constructor(world: TraceWorld, request: TraceRequest) {
    this.#world = world;
    this.#request = request;
    this.whole = trace(world, request);
  }

  get wider(): Trace {
    this.#wider ??= trace({ ...this.#world, spreads: true }, this.#request);
    return this.#wider;
  }
}

/** The one cluster that a host leads to, for those that only one serves. */
function serversOfHosts(paths: readonly DeclaredPath[]): ReadonlyMap<string, string | undefined> {
  const found = new Map<string, string | undefined>();
  for (const path of paths) {
    if (path.direction !== "across") continue;
    const key = hostKey(path, path.host);
    const { cluster } = path.server;
    found.set(key, found.has(key) && found.get(key) !== cluster ? undefined : cluster);
  }
  return found;
}

function hostKey({ consumer }: AcrossPath, host: string): string {
  return `${consumer.cluster} ${host}`;
}

/** Clients outside call each cluster's gateway by itself. */
function callerKey(path: DeclaredPath): string {
  return path.direction === "in"
    ? `outside@${path.server.cluster}`
    : `${path.consumer.cluster}/${path.consumer.namespace}`;
}
