import { hostsOverlap, type IstioCluster, memoised, type Workload } from "../istio/index.ts";
import { policiesOf } from "../istio/policy/index.ts";
import { meshRegistry } from "../istio/registry/index.ts";
import type { ClusterObject } from "../kinds/index.ts";
import {
  callerSteps,
  type TraceBranch,
  type TraceRequest,
  type TraceWorld,
  trace,
  workloadNamed,
} from "../trace/index.ts";
import { isSame } from "../world/index.ts";
import { aboutHost } from "./aboutHost.ts";
import { alikeCallers, type CallersOf } from "./alikeCallers.ts";
import { requestOf } from "./answersOf.ts";
import { workloadCallers } from "./callers.ts";
import { type ConfigurationChanges, configurationChanges } from "./configurationChanges.ts";
import { plainRequest } from "./requestClasses.ts";
import { calledHost, outsideTargets, type Target, targetKey } from "./targets.ts";

/**
 * Whether a target has to be compared in two states of the clusters: of any other the same comes of every request of every caller.
 * Only policies and routing are looked into; whatever else changes may make another of everything.
 */
export function changedTargets(before: TraceWorld, after: TraceWorld): (target: Target) => boolean {
  const changes = configurationChanges(before, after);
  if (changes === undefined) return () => true;
  const { hosts, peers, hasPolicies } = changes;
  if (hosts.size + peers.size === 0 && !hasPolicies) return () => false;
  // Policies decide where requests arrive, and not where they go: of these one state tells.
  const states = hosts.size === 0 ? [before] : [before, after];
  const outside = new Set(states.flatMap((each) => outsideTargets(each).map(targetKey)));
  const ways = states.map((world) => new Ways(world, changes, [before, after]));
  const known = new Map<string, boolean>();
  return (target) => {
    const key = targetKey(target);
    const found = known.get(key) ?? (outside.has(key) || ways.some((each) => each.meet(target)));
    known.set(key, found);
    return found;
  };
}

type States = readonly [before: TraceWorld, after: TraceWorld];

/** The ways that calls may take in one of two states of the clusters, whatever is requested: by all routes, to all endpoints. */
class Ways {
  readonly #world: TraceWorld;
  readonly #changes: ConfigurationChanges;
  readonly #states: States;
  readonly #inside: readonly CallersOf[];

  constructor(world: TraceWorld, changes: ConfigurationChanges, states: States) {
    this.#world = { ...world, spreads: true };
    this.#changes = changes;
    this.#states = states;
    this.#inside = [...world.clusters.values()].map((cluster) => ({
      cluster,
      callers: workloadCallers(world, cluster),
    }));
  }

  /** Whether those of calls of a target meet what differs, or cannot be told. */
  meet(target: Target): boolean {
    const host = calledHost(target.host);
    return this.#inside.some(
      (inside) =>
        [...aboutHost(inside.cluster, host).hosts].some((each) => this.#isAbout(inside.cluster, each)) ||
        alikeCallers(inside, host).some(([caller]) => this.#isMetBy(requestOf(caller, target, plainRequest(target)))),
    );
  }

  #isMetBy(request: TraceRequest): boolean {
    const steps = callerSteps(this.#world, request);
    const met = steps.map((step) => {
      if (this.#isAlong(step)) return true;
      if (step.kind === "ended") return isOpen(step);
      const { destination } = step;
      const isPod = destination.kind === "pod" && destination.workload.proxy !== "gateway";
      return isPod ? this.#isPolicedOtherwise(destination.workload) : undefined;
    });
    if (met.includes(true)) return true;
    return met.includes(undefined) && trace(this.#world, request).branches.some((branch) => this.#isAtEnd(branch));
  }

  #isAtEnd(branch: TraceBranch): boolean {
    // What a gateway would do with other requests is not followed from here.
    if (branch.hops.some(({ name }) => name === "gateway") || this.#isAlong(branch)) return true;
    const arrivals = branch.hops.filter(({ name }) => name === "destination");
    if (arrivals.length === 0) return isOpen(branch);
    return arrivals.some(({ object }) => {
      const named = object && { ...object, namespace: object.namespace ?? "default" };
      const workload = named && workloadNamed(this.#world.clusters, named);
      return workload === undefined || this.#isPolicedOtherwise(workload);
    });
  }

  /** Something that calls pass belongs to what differs. */
  #isAlong({ hops }: Pick<TraceBranch, "hops">): boolean {
    const { hosts, peers } = this.#changes;
    return hops.some(({ object }) => {
      if (object === undefined) return false;
      if (peers.has(object.namespace ?? "")) return true;
      const cluster = hosts.size === 0 ? undefined : this.#world.clusters.get(object.cluster);
      const named = cluster && hostsByObject(cluster).get(nameOf(object));
      return named?.some((host) => isOneOf(hosts, host)) === true;
    });
  }

  #isAbout(cluster: IstioCluster, host: string): boolean {
    const { hosts, peers } = this.#changes;
    if (isOneOf(hosts, host)) return true;
    return (
      peers.size > 0 &&
      meshRegistry(cluster)
        .byHost.get(host)
        ?.some(({ namespace }) => peers.has(namespace)) === true
    );
  }

  #isPolicedOtherwise(workload: Workload): boolean {
    const { peers, hasPolicies } = this.#changes;
    if (peers.has(workload.namespace)) return true;
    const [was, is] = this.#states.map(({ clusters }) => clusters.get(workload.cluster));
    if (!hasPolicies || was === undefined || is === undefined) return hasPolicies;
    return (["AuthorizationPolicy", "RequestAuthentication"] as const).some(
      (kind) => !isSame(policiesOf(was, kind, workload), policiesOf(is, kind, workload)),
    );
  }
}

/** It ends before a server, and another request may go on. */
function isOpen({ hops, outcome }: TraceBranch): boolean {
  return outcome.kind === "unknown" || hops.some(({ code }) => code === "TRACE_ROUTE_MISSING");
}

function isOneOf(hosts: ReadonlySet<string>, host: string): boolean {
  return [...hosts].some((each) => hostsOverlap(each.toLowerCase(), host.toLowerCase()));
}

const hostsByObject = memoised((cluster: IstioCluster): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  for (const { object, namespace, host } of meshRegistry(cluster).services) {
    const key = nameOf({ kind: object.kind, namespace, name: object.metadata.name });
    found.set(key, [...(found.get(key) ?? []), host]);
  }
  return found;
});

function nameOf({ kind, namespace = "", name }: Pick<ClusterObject, "kind" | "namespace" | "name">): string {
  return `${kind} ${namespace}/${name}`;
}
