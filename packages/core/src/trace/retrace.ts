import { changedFacts, meet, type Reads, recordReads } from "../istio/index.ts";
import { type KubeObject, ownerName } from "../kinds/index.ts";
import type { DeclaredPath, Observed } from "../model/index.ts";
import { atOnce, changedParts, isSame } from "../world/index.ts";
import { PathReaders } from "./pathReaders.ts";
import { type PathIntents, requestsOfPaths } from "./requestsOfPaths.ts";
import { trace } from "./trace.ts";
import { callKey, type PathTrace, serversOfHosts, type TracePathsInput, tracedPath } from "./tracePaths.ts";
import type { TraceRequest } from "./traceRequest.ts";
import type { Trace } from "./traceResult.ts";
import { type TraceWorld, traceWorld } from "./traceWorld.ts";

/** Paths as they were traced, with what each trace was made of. */
export interface TraceState {
  readonly traces: readonly PathTrace[];
  readonly input: TracePathsInput;
  readonly world: TraceWorld;
  /** Of each path, in their order. */
  readonly done: readonly DonePath[];
  readonly places: ReadonlyMap<DeclaredPath, number>;
  readonly readers: PathReaders;
}

interface DonePath {
  readonly traced: PathTrace;
  readonly call: Call;
  /** Where it was made use of. */
  readonly wider: Recorded | undefined;
  /** Of the path itself, besides its call. */
  readonly reads: Reads;
  /** What else of the paths it was made of: where hosts of its consumer lead. */
  readonly servers: ReadonlyMap<string, string | undefined>;
}

/** The call of one name, made for all paths that are proved by it. */
interface Call {
  readonly key: string;
  readonly request: TraceRequest;
  readonly whole: Recorded;
}

interface Recorded {
  readonly trace: Trace;
  readonly reads: Reads;
}

/** The same as `tracePaths` from what was traced before: only paths that read what is another now are traced anew. */
export function retrace(previous: TraceState | undefined, input: TracePathsInput): TraceState {
  return atOnce(retracing(previous, input));
}

/** The same in steps, each as long as one trace takes, between which others may have their turn. */
export function* retracing(previous: TraceState | undefined, input: TracePathsInput): Generator<void, TraceState> {
  const { intents, paths, observed } = input;
  const changed = previous === undefined ? undefined : changesBetween(previous.input, input);
  const before = changed === undefined ? undefined : previous;
  const known = before && changed && { observed: before.input.observed, world: before.world, changed };
  const world = traceWorld(observed, intents, known);
  const kept = before?.world.scheme === world.scheme ? before : undefined;
  const all = kept && changed ? changedFacts(changed, kept.world.clusters, world.clusters) : none;
  const calls = new Calls(world, kept, all);
  const owners = kept === undefined ? none : changedOwners(kept.input.intents, intents);
  const requestOf = requestsOfPaths(intents, world);
  const serverOf = serversOfHosts(paths);
  const suspects = new Set([...(kept?.readers.of(all) ?? []), ...ownedBy(paths, owners)]);
  const fresh = (path: DeclaredPath, last: DonePath | undefined): DonePath => {
    const servers = new Map<string, string | undefined>();
    let wider: Recorded | undefined;
    const { value, reads } = recordReads(() => {
      const call = calls.of(callKey(path), requestOf(path), last);
      const widerOf = () => {
        wider = calls.wider(call);
        return wider.trace;
      };
      const asked = (host: string) => {
        const server = serverOf(path, host);
        servers.set(host, server);
        return server;
      };
      const info = { world, serverOf: asked };
      return { call, traced: tracedPath(path, { whole: call.whole.trace, wider: widerOf }, info) };
    });
    return { ...value, wider, reads, servers };
  };
  const readers = kept === undefined || kept.readers.isWornOut(paths.length) ? new PathReaders() : kept.readers;
  // Where hosts lead is told by the paths: where these are the same, only what reads what changed is looked at.
  const isSamePaths = readers === kept?.readers && haveSame(kept.input.paths, paths);
  const places = isSamePaths ? kept.places : new Map(paths.map((path, index) => [path, index]));
  const traces = isSamePaths ? [...kept.traces] : [];
  const done = isSamePaths ? [...kept.done] : [];
  const leadsAsBefore = ({ servers }: DonePath, path: DeclaredPath): boolean => {
    for (const [host, server] of servers) if (serverOf(path, host) !== server) return false;
    return true;
  };
  const lastOf = (path: DeclaredPath) => kept?.done[kept.places.get(path) ?? -1];
  const put = (path: DeclaredPath, now: DonePath, isNew: boolean) => {
    const place = places.get(path);
    if (place === undefined) return;
    done[place] = now;
    traces[place] = now.traced;
    if (isNew || readers !== kept?.readers) readers.add(path, readsOf(now));
  };
  // In one step: to find that a path holds still takes less than a microsecond.
  const again = [...(isSamePaths ? suspects : paths)].filter((path) => {
    const last = lastOf(path);
    if (last === undefined || owners.has(path.owner) || !leadsAsBefore(last, path)) return places.has(path);
    if (suspects.has(path) && calls.isAnother(last)) return places.has(path);
    put(path, last, false);
    return false;
  });
  for (const path of again) {
    put(path, fresh(path, lastOf(path)), true);
    yield;
  }
  return { traces, input, world, done, places, readers };
}

const none: ReadonlySet<string> = new Set();

function ownedBy(paths: readonly DeclaredPath[], owners: ReadonlySet<string>): readonly DeclaredPath[] {
  return owners.size === 0 ? [] : paths.filter(({ owner }) => owners.has(owner));
}

function haveSame(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left === right || (left.length === right.length && left.every((each, index) => each === right[index]));
}

function readsOf({ call, wider, reads }: DonePath): readonly Reads[] {
  return [reads, call.whole.reads, ...(wider === undefined ? [] : [wider.reads])];
}

const fewCalls = 32;

/** The calls of a step, with those of the one before that are as they were. */
class Calls {
  readonly #world: TraceWorld;
  readonly #changed: ReadonlySet<string>;
  readonly #before: TraceState | undefined;
  readonly #byKey = new Map<string, Call>();
  readonly #widers = new Map<string, Recorded>();
  #known: ReadonlyMap<string, DonePath> | undefined;
  #sought = 0;

  constructor(world: TraceWorld, before: TraceState | undefined, changed: ReadonlySet<string>) {
    this.#world = world;
    this.#before = before;
    this.#changed = changed;
  }

  /** `last`: the path that it is to prove as it was, where it was there. */
  of(key: string, request: TraceRequest, last: DonePath | undefined): Call {
    let call = this.#byKey.get(key);
    if (call === undefined) {
      const before = last?.call.key === key ? last : this.#ofBefore(key);
      const isSameCall =
        before !== undefined && isSame(before.call.request, request) && !meet(before.call.whole.reads, this.#changed);
      const whole = isSameCall ? before.call.whole : this.#record(this.#world, request);
      call = { key, request, whole };
      this.#byKey.set(key, call);
    }
    return call;
  }

  wider({ key, request }: Call): Recorded {
    let wider = this.#widers.get(key);
    if (wider === undefined) {
      wider = this.#record({ ...this.#world, spreads: true }, request);
      this.#widers.set(key, wider);
    }
    return wider;
  }

  /** Whether what a path read is another now. */
  isAnother(path: DonePath): boolean {
    return readsOf(path).some((reads) => meet(reads, this.#changed));
  }

  /** Of the first few it is not looked for: that takes as long as many of them. */
  #ofBefore(key: string): DonePath | undefined {
    this.#sought += 1;
    if (this.#sought <= fewCalls) return undefined;
    this.#known ??= new Map((this.#before?.done ?? []).map((path) => [path.call.key, path]));
    return this.#known.get(key);
  }

  #record(world: TraceWorld, request: TraceRequest): Recorded {
    const { value, reads } = recordReads(() => trace(world, request));
    return { trace: value, reads };
  }
}

/** Undefined: what everything depends on. */
function changesBetween(before: TracePathsInput, after: TracePathsInput): ReadonlySet<string> | undefined {
  const { mesh, clusters } = after.intents;
  if (!isSame(before.intents.mesh, mesh) || !isSame(before.intents.clusters, clusters)) return undefined;
  return isInOrder(before.observed, after.observed) ? changedParts(before.observed, after.observed) : undefined;
}

/** Which of several that are alike comes first may count. */
function isInOrder({ clusters: before }: Observed, { clusters: after }: Observed): boolean {
  const names = [...before.keys()];
  if (before.size !== after.size || ![...after.keys()].every((name, index) => name === names[index])) return false;
  return [...after].every(([name, { objects }]) => keepsOrder(before.get(name)?.objects ?? [], objects));
}

/** Of what is in both. */
function keepsOrder(before: readonly KubeObject[], after: readonly KubeObject[]): boolean {
  if (before === after) return true;
  const known = new Map(before.map((object, index) => [object, index]));
  let last = -1;
  for (const object of after) {
    const index = known.get(object) ?? last;
    if (index < last) return false;
    last = index;
  }
  return true;
}

/** Owners of paths whose declarations are not as they were. */
function changedOwners(before: PathIntents, after: PathIntents): ReadonlySet<string> {
  const known = new Map(declared(before).map((each) => [nameOfOwner(each), each]));
  const changed = declared(after).filter((each) => !isSame(known.get(nameOfOwner(each)), each));
  const left = new Set(declared(after).map(nameOfOwner));
  return new Set([...changed.map(nameOfOwner), ...[...known.keys()].filter((name) => !left.has(name))]);
}

function declared({ sharedServices, externalAccesses }: PathIntents) {
  return [...sharedServices, ...externalAccesses];
}

function nameOfOwner({ kind, metadata }: ReturnType<typeof declared>[number]): string {
  return ownerName(kind, metadata.namespace, metadata.name);
}
