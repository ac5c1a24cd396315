import { type IstioCluster, memoised, type Workload } from "../istio/index.ts";
import { policiesOf } from "../istio/policy/index.ts";
import { meshRegistry } from "../istio/registry/index.ts";
import { mergedVirtualServices } from "../istio/scope/index.ts";
import type { KubeObject } from "../kinds/index.ts";
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
import { alikeCallers } from "./alikeCallers.ts";
import { requestOf } from "./answersOf.ts";
import { workloadCallers } from "./callers.ts";
import { plainRequest } from "./requestClasses.ts";
import { calledHost, outsideTargets, type Target, targetKey } from "./targets.ts";

/**
 * Whether a target has to be compared in two states of the clusters: of any other the same comes of every request of every caller.
 * Only policies are looked into, which decide where requests arrive and not where they go; whatever else changes may make another
 * of everything.
 */
export function changedTargets(before: TraceWorld, after: TraceWorld): (target: Target) => boolean {
  const changes = changedPolicies(before, after);
  if (changes === undefined) return () => true;
  if (changes.length === 0) return () => false;
  const outside = new Set(outsideTargets(before).map(targetKey));
  const isChanged = changedByPolicies(before, after, changes);
  const known = new Map<string, boolean>();
  return (target) => {
    const key = targetKey(target);
    const found = known.get(key) ?? (outside.has(key) || isChanged(target));
    known.set(key, found);
    return found;
  };
}

interface Change {
  readonly cluster: string;
  readonly object: KubeObject;
}

/** Policies as they were and as they are; undefined where more differs. */
function changedPolicies(before: TraceWorld, after: TraceWorld): readonly Change[] | undefined {
  const around = ({ clusters, declared, unreadable }: TraceWorld) => [[...clusters.keys()], declared, unreadable];
  if (!isSame(around(before), around(after))) return undefined;
  const changes: Change[] = [];
  for (const [name, cluster] of after.clusters) {
    const was = before.clusters.get(name);
    const objects = was && cluster.differencesFrom(was);
    if (was === undefined || objects?.every((object) => isOfSome(object, cluster)) !== true) return undefined;
    // Of those by whose addresses policies ask each pod is a caller of its own.
    if (!isSame(workloadCallers(before, was), workloadCallers(after, cluster))) return undefined;
    if (objects.length > 0 && [was, cluster].some(asksForHosts)) return undefined;
    changes.push(...objects.map((object) => ({ cluster: name, object })));
  }
  return changes;
}

/** A policy that is not for all of the mesh. */
function isOfSome({ kind, metadata }: KubeObject, { settings }: IstioCluster): boolean {
  if (kind === "PeerAuthentication") return metadata.namespace !== settings.rootNamespace;
  return kind === "AuthorizationPolicy" || kind === "RequestAuthentication";
}

/** Requests of one URL may then go to another host. */
const asksForHosts = memoised((cluster: IstioCluster): boolean => {
  const ofPolicies = cluster
    .all("AuthorizationPolicy")
    .some(({ spec }) => /request\.headers\[host\]/i.test(JSON.stringify(spec)));
  const matches = mergedVirtualServices(cluster).flatMap(({ http }) => http.flatMap(({ value }) => value.match ?? []));
  const names = matches.flatMap(({ headers, withoutHeaders }) => Object.keys({ ...headers, ...withoutHeaders }));
  return ofPolicies || names.some((name) => name.toLowerCase() === "host");
});

/** Whether policies that differ may have a say in what comes of calls of a target: its calls by all routes come to where they hold. */
function changedByPolicies(before: TraceWorld, after: TraceWorld, changes: readonly Change[]) {
  const world = { ...before, spreads: true };
  const inside = [...before.clusters.values()].map((cluster) => ({
    cluster,
    callers: workloadCallers(before, cluster),
  }));
  // By these callers too choose how to call.
  const peers = new Set(
    changes.flatMap(({ object: { kind, metadata } }) =>
      kind === "PeerAuthentication" ? [metadata.namespace ?? "default"] : [],
    ),
  );
  const isHeldOtherwise = (workload: Workload): boolean => {
    const [was, is] = [before, after].map(({ clusters }) => clusters.get(workload.cluster));
    if (was === undefined || is === undefined || peers.has(workload.namespace)) return true;
    return (["AuthorizationPolicy", "RequestAuthentication"] as const).some(
      (kind) => !isSame(policiesOf(was, kind, workload), policiesOf(is, kind, workload)),
    );
  };
  const isOfPeers = ({ hops }: Pick<TraceBranch, "hops">) =>
    peers.size > 0 && hops.some(({ object }) => peers.has(object?.namespace ?? ""));
  // Another request may have a route.
  const isOpen = ({ hops, outcome }: TraceBranch) =>
    outcome.kind === "unknown" || hops.some(({ code }) => code === "TRACE_ROUTE_MISSING");
  const comesToPolicies = (branch: TraceBranch): boolean => {
    // What a gateway would do with other requests is not followed from here.
    if (branch.hops.some(({ name }) => name === "gateway") || isOfPeers(branch)) return true;
    const arrivals = branch.hops.filter(({ name }) => name === "destination");
    if (arrivals.length === 0) return isOpen(branch);
    return arrivals.some(({ object }) => {
      const workload =
        object && workloadNamed(before.clusters, { ...object, namespace: object.namespace ?? "default" });
      return workload === undefined || isHeldOtherwise(workload);
    });
  };
  const isTouched = (request: TraceRequest): boolean => {
    const steps = callerSteps(world, request);
    const met = steps.map((step) => {
      if (step.kind === "ended") return isOpen(step);
      const { destination } = step;
      const isPod = destination.kind === "pod" && destination.workload.proxy !== "gateway";
      return isPod ? isHeldOtherwise(destination.workload) : undefined;
    });
    if (met.includes(true) || steps.some(isOfPeers)) return true;
    return met.includes(undefined) && trace(world, request).branches.some(comesToPolicies);
  };
  return (target: Target): boolean => {
    const host = calledHost(target.host);
    return inside.some((each) => {
      const { cluster } = each;
      const { byHost } = meshRegistry(cluster);
      const led = peers.size === 0 ? [] : [...aboutHost(cluster, host).hosts];
      if (led.some((name) => byHost.get(name)?.some(({ namespace }) => peers.has(namespace)))) return true;
      return alikeCallers(each, host).some(([caller]) => isTouched(requestOf(caller, target, plainRequest(target))));
    });
  };
}
