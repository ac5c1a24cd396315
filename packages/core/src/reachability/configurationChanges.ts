import { fullHost, type IstioCluster, memoised } from "../istio/index.ts";
import { mergedVirtualServices } from "../istio/scope/index.ts";
import { controllerKinds, type DestinationRule } from "../kinds/index.ts";
import type { TraceWorld } from "../trace/index.ts";
import { isSame } from "../world/index.ts";
import { workloadCallers } from "./callers.ts";

/** In what two states of the clusters differ, where that is policies and routing alone. */
export interface ConfigurationChanges {
  /** Hosts whose routes or DestinationRules differ, also with a wildcard. */
  readonly hosts: ReadonlySet<string>;
  /** Namespaces in which PeerAuthentications differ, by which callers too choose how to call. */
  readonly peers: ReadonlySet<string>;
  /** AuthorizationPolicies and RequestAuthentications do. */
  readonly hasPolicies: boolean;
}

/** Undefined where more differs, or a policy that is for all of the mesh: then everything may be another. */
export function configurationChanges(before: TraceWorld, after: TraceWorld): ConfigurationChanges | undefined {
  const around = ({ clusters, declared, unreadable }: TraceWorld) => [[...clusters.keys()], declared, unreadable];
  if (!isSame(around(before), around(after))) return undefined;
  const hosts = new Set<string>();
  const peers = new Set<string>();
  let hasPolicies = false;
  for (const [name, cluster] of after.clusters) {
    const was = before.clusters.get(name);
    const objects = was && cluster.differencesFrom(was);
    if (was === undefined || objects === undefined) return undefined;
    for (const object of objects) {
      const { kind, metadata } = object;
      const { namespace = "default" } = metadata;
      if (kind === "PeerAuthentication" && namespace !== cluster.settings.rootNamespace) peers.add(namespace);
      else if (kind === "AuthorizationPolicy" || kind === "RequestAuthentication") hasPolicies = true;
      else if (kind === "DestinationRule") hosts.add(hostOfRule(cluster, object as DestinationRule));
      else if (kind !== "VirtualService" && !runsPods.has(kind)) return undefined;
    }
    // What of pods differs is for the most part when they were last looked at, or which image they run.
    if (objects.some(({ kind }) => runsPods.has(kind)) && !isSame(podsOf(was), podsOf(cluster))) return undefined;
    // Of those by whose addresses policies ask each pod is a caller of its own.
    if (!isSame(workloadCallers(before, was), workloadCallers(after, cluster))) return undefined;
    if (objects.length > 0 && [was, cluster].some(asksForHosts)) return undefined;
    if (objects.some(({ kind }) => kind === "VirtualService"))
      for (const host of routedOtherwise(was, cluster)) hosts.add(host);
  }
  return { hosts, peers, hasPolicies };
}

const runsPods: ReadonlySet<string> = new Set(["Pod", ...controllerKinds]);

/** All that is read of them. */
function podsOf({ workloads, istiodContainers }: IstioCluster): unknown {
  return [workloads, istiodContainers];
}

function hostOfRule({ settings }: IstioCluster, { metadata, spec }: DestinationRule): string {
  return fullHost(spec.host ?? "", metadata.namespace ?? "default", settings);
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

/**
 * Hosts of VirtualServices that differ, as their delegates have it. Where Sidecars narrow what proxies know, they know also what these
 * route to.
 */
function routedOtherwise(before: IstioCluster, after: IstioCluster): readonly string[] {
  const [was, is] = [routesByText(before), routesByText(after)];
  const differing = [...[...was].filter(([text]) => !is.has(text)), ...[...is].filter(([text]) => !was.has(text))];
  const isNarrow = [before, after].some((cluster) => cluster.stored("Sidecar").length > 0);
  return differing.flatMap(([, { hosts, http, tls, tcp }]) => {
    const routes = [...http, ...tls, ...tcp].flatMap(({ value }) => value.route ?? []);
    return [...hosts, ...(isNarrow ? routes.map(({ destination }) => destination.host) : [])];
  });
}

function routesByText(cluster: IstioCluster) {
  return new Map(mergedVirtualServices(cluster).map((each) => [JSON.stringify(each), each]));
}
