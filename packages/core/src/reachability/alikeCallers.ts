import { type IstioCluster, memoised, memoisedBy, meshGateway, podLabels } from "../istio/index.ts";
import { virtualServicesOf } from "../istio/scope/index.ts";
import { hasLocalServices, placeKey } from "../trace/index.ts";
import { type AboutHost, aboutHost } from "./aboutHost.ts";
import type { WorkloadCaller } from "./callers.ts";

type SomeCallers = readonly [WorkloadCaller, ...WorkloadCaller[]];

/** Callers that only their identity and address tell apart, whatever host they call: of one namespace, set up and placed the same. */
const setUpAlike = memoised((callers: CallersOf): readonly SomeCallers[] => {
  const { cluster } = callers;
  const found = new Map<string, [WorkloadCaller, ...WorkloadCaller[]]>();
  for (const caller of callers.callers) {
    const key = `${caller.namespace} ${proxyKey(cluster, caller)} ${placeKey(cluster, caller.pod)}`;
    const others = found.get(key);
    if (others === undefined) found.set(key, [caller]);
    else others.push(caller);
  }
  return [...found.values()];
});

/** Of one cluster. */
export interface CallersOf {
  readonly cluster: IstioCluster;
  readonly callers: readonly WorkloadCaller[];
}

/** Callers of whose calls of a host nothing but their identity and address may make another. */
export function alikeCallers(inside: CallersOf, host: string): readonly SomeCallers[] {
  const { namespaces, isByNamespace, isByLocality } = aboutHost(inside.cluster, host);
  const told: ToldApart = [isByNamespace, isByLocality, ...[...namespaces].sort()];
  return alikeWhere(inside, JSON.stringify(told));
}

/** By what an object about a host tells callers apart: by each namespace, by where they run, by some namespaces. */
type ToldApart = readonly [isByNamespace: boolean, isByLocality: boolean, ...namespaces: string[]];

/** The same for all hosts of which objects say alike: of most they say nothing. */
const alikeWhere = memoisedBy((inside: CallersOf, by: string): readonly SomeCallers[] => {
  const [isByNamespace, isByLocality, ...namespaces] = JSON.parse(by) as ToldApart;
  const about = { isByNamespace, isByLocality, namespaces: new Set(namespaces) };
  const found = new Map<string, [WorkloadCaller, ...WorkloadCaller[]]>();
  for (const callers of setUpAlike(inside)) {
    const key = alikeKey(inside.cluster, callers[0], about);
    const others = found.get(key);
    if (others === undefined) found.set(key, [...callers]);
    else others.push(...callers);
  }
  return [...found.values()];
});

/**
 * Equal for callers of whose calls of a host nothing but their identity and address may make another: no object of their namespace is
 * about it, nobody asks for the labels by which they differ, and their proxies are set up the same.
 */
function alikeKey(
  cluster: IstioCluster,
  caller: WorkloadCaller,
  { isByNamespace, isByLocality, namespaces }: Pick<AboutHost, "isByNamespace" | "isByLocality" | "namespaces">,
): string {
  const { namespace } = caller;
  const isApart = isByNamespace || namespaces.has(namespace) || standsApart(cluster).has(namespace);
  const seenAs = isApart ? namespace : namespaceKey(cluster, namespace);
  const place = isByLocality ? placeKey(cluster, caller.pod) : "";
  return `${isApart} ${seenAs} ${proxyKey(cluster, caller)} ${place}`;
}

/** Namespaces with an object that holds for all that their proxies do. */
const standsApart = memoised((cluster: IstioCluster): ReadonlySet<string> => {
  const found = new Set([cluster.settings.rootNamespace]);
  for (const kind of ["Sidecar", "EnvoyFilter", "WasmPlugin", "ProxyConfig"] as const) {
    for (const { metadata } of cluster.stored(kind)) found.add(metadata.namespace ?? "default");
  }
  for (const { namespace = "default" } of cluster.unreadable) found.add(namespace);
  return found;
});

const namespaceKey = memoisedBy((cluster: IstioCluster, namespace: string): string => {
  const found = cluster.namespaces.get(namespace);
  const labels = Object.entries(found?.metadata.labels ?? {}).filter(([name]) => !name.endsWith("/metadata.name"));
  return JSON.stringify([found === undefined, cluster.isDiscovered(namespace), labels.sort()]);
});

const proxyKey = memoisedBy((cluster: IstioCluster, { pod }: WorkloadCaller): string => {
  const asked = askedLabels(cluster);
  const { labels, untold } = podLabels(cluster, pod);
  const isAsked = (name: string) =>
    asked.has(name) || (/istio/.test(name) && !/^service\.istio\.io\/canonical-/.test(name));
  const environment = Object.entries(pod.proxyEnvironment ?? {}).filter(([name]) => /DNS/.test(name));
  return JSON.stringify([
    pod.proxy,
    pod.isHostNetwork,
    pod.runsAsUser,
    Object.entries(labels)
      .filter(([name]) => isAsked(name))
      .sort(),
    Object.keys(untold).filter(isAsked).sort(),
    Object.entries(pod.annotations)
      .filter(([name]) => /istio/.test(name))
      .sort(),
    Object.entries(pod.proxyMetadata).sort(),
    pod.proxyEnvironment === undefined,
    environment.sort(),
    hasLocalServices(cluster) ? pod.node : undefined,
  ]);
});

/** By which anything chooses callers: selectors of what holds for their proxies, matches of routes, priorities of endpoints. */
const askedLabels = memoised((cluster: IstioCluster): ReadonlySet<string> => {
  const found = new Set<string>();
  const add = (labels: Readonly<Record<string, unknown>> | undefined) => {
    for (const name of Object.keys(labels ?? {})) found.add(name);
  };
  for (const { spec } of cluster.stored("Sidecar")) add(spec?.workloadSelector?.labels);
  for (const { spec } of cluster.stored("EnvoyFilter")) add(spec?.workloadSelector?.labels);
  for (const { spec } of cluster.stored("WasmPlugin")) add(spec?.selector?.matchLabels);
  for (const { spec } of cluster.stored("ProxyConfig")) add(spec?.selector?.matchLabels);
  for (const { spec } of cluster.stored("DestinationRule")) {
    add(spec.workloadSelector?.matchLabels);
    for (const [, names] of JSON.stringify(spec).matchAll(/"failoverPriority":\[([^\]]*)\]/g)) {
      for (const [, name = ""] of (names ?? "").matchAll(/"([^"=]+)/g)) found.add(name);
    }
  }
  for (const { http, tls, tcp } of virtualServicesOf(cluster, meshGateway)) {
    for (const { value } of [...http, ...tls, ...tcp]) {
      for (const { sourceLabels } of value.match ?? []) add(sourceLabels);
    }
  }
  return found;
});
