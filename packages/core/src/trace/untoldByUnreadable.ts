import { type IstioCluster, memoised, unreadableInPlay } from "../istio/index.ts";
import { showUnreadable, type UnreadableObject } from "../shape/index.ts";
import { unsure } from "./hop.ts";
import { isFromOutside, type TraceRequest } from "./traceRequest.ts";
import { type TraceBranch, type TraceHop, traceHopNames } from "./traceResult.ts";
import type { TraceWorld } from "./traceWorld.ts";

/**
 * The branch, or one that ends in "cannot be told" where an object that could not be read, or a kind that a dump does not show,
 * may decide: what was walked is then only the configuration without it, and neither its yes nor its no is worth anything.
 */
export function untoldByUnreadable(world: TraceWorld, request: TraceRequest, branch: TraceBranch): TraceBranch {
  if (branch.outcome.kind === "unknown") return branch;
  for (const cluster of world.clusters.values()) {
    if (cluster.unreadable.length === 0) continue;
    const found = inPlay(cluster, request, branch);
    const first = found.find(({ isMissing }) => isMissing !== true) ?? found[0];
    if (first === undefined) continue;
    const hop = unsure({
      name: branch.hops.at(-1)?.name ?? "client",
      cluster: cluster.name,
      ...(first.isMissing === true ? missingKinds(cluster, found) : unreadableObject(cluster, first)),
    });
    // What is broken without the object need not be so with it.
    const hops = branch.hops.filter(({ status }) => status !== "broken");
    return { ...branch, hops: [...hops, hop], outcome: { kind: "unknown", why: hop.detail } };
  }
  return restingOnWholes(world, branch);
}

function unreadableObject({ name: cluster }: IstioCluster, object: UnreadableObject) {
  return {
    ...(object.name === undefined ? {} : { object: { cluster, ...refOf(object, object.name) } }),
    detail: `${showUnreadable(object)} of ${cluster} may decide and cannot be read: ${object.fault}`,
    code: "TRACE_UNREADABLE",
    source: "https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation",
  } as const;
}

const mostNamed = 4;

function missingKinds({ name: cluster }: IstioCluster, found: readonly UnreadableObject[]) {
  const kinds = [...new Set(found.map(({ kind }) => kind))];
  const named = kinds.length > mostNamed ? [...kinds.slice(0, mostNamed), `${kinds.length - mostNamed} more`] : kinds;
  const all = named.length > 1 ? `${named.slice(0, -1).join(", ")} and ${named.at(-1)}` : named.join("");
  return {
    detail: `${all} may decide, and the dump of ${cluster} ${found[0]?.fault ?? "shows none"}`,
    code: "TRACE_KIND_MISSING",
    source: "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_get/",
  } as const;
}

/** What answers in a cluster of which only manifests were given rests on there being nothing else. */
function restingOnWholes(world: TraceWorld, branch: TraceBranch): TraceBranch {
  const whole = new Set([...world.clusters.values()].flatMap((each) => (each.isTakenAsWhole ? [each.name] : [])));
  if (whole.size === 0) return branch;
  const hops = branch.hops.map((hop) => {
    if (hop.cluster === undefined || !whole.delete(hop.cluster)) return hop;
    const assumed = { about: "completeness", detail: `${hop.cluster} holds nothing beside what was given` } as const;
    return { ...hop, assumes: [...(hop.assumes ?? []), assumed] };
  });
  return { ...branch, hops };
}

function inPlay(cluster: IstioCluster, request: TraceRequest, branch: TraceBranch): readonly UnreadableObject[] {
  const { hops, outcome } = branch;
  const here = hops.filter((hop) => hop.cluster === cluster.name);
  const { from, url, headers } = request;
  const isCaller = !isFromOutside(request) && "cluster" in from && from.cluster === cluster.name;
  const isLost = hops.some((hop) => hop.status === "broken" && hop.code === "TRACE_ADDRESS_UNKNOWN");
  // What has the address may be what cannot be read.
  if (isLost && here.length === 0) return cluster.unreadable.filter(({ kind }) => ownsAddresses.has(kind));
  if (here.length === 0 && !isCaller) return [];
  const isAtGateway = here.some(isGatewayHop) || isFromOutside(request) || isLost;
  const namespaces = new Set([
    ...here
      .flatMap(({ object, others = [] }) => [object, ...others.map((other) => other.object)])
      .flatMap((object) => object?.namespace ?? []),
    ...(isCaller && "namespace" in from ? [from.namespace] : []),
    ...(isAtGateway ? gatewayNamespaces(cluster) : []),
    ...(outcome.kind === "answered" && outcome.by.type === "workload" && outcome.by.cluster === cluster.name
      ? [outcome.by.namespace]
      : []),
  ]);
  const found = unreadableInPlay({
    cluster,
    namespaces,
    hosts: [url.host, ...(headers.host === undefined ? [] : [headers.host])],
    isAtGateway,
    isTcp: isCaller && url.scheme === "tcp",
  });
  return endsAtCaller(branch) ? found.filter(({ kind }) => !onlyServers.has(kind)) : found;
}

/** Policies turn away what comes in: what fails before it leaves the caller fails with any of them. */
const onlyServers: ReadonlySet<string> = new Set([
  "AuthorizationPolicy",
  "RequestAuthentication",
  "PeerAuthentication",
]);

const leaves = traceHopNames.indexOf("connection");

function endsAtCaller({ hops }: TraceBranch): boolean {
  return (
    hops.some(({ status }) => status === "broken") && hops.every(({ name }) => traceHopNames.indexOf(name) < leaves)
  );
}

const gatewayNamespaces = memoised(
  ({ workloads }: IstioCluster): ReadonlySet<string> =>
    new Set(workloads.flatMap(({ proxy, namespace }) => (proxy === "gateway" ? [namespace] : []))),
);

const ownsAddresses: ReadonlySet<string> = new Set(["Service", "Node", "Pod", "Gateway", "ServiceEntry"]);

function isGatewayHop({ name }: TraceHop): boolean {
  return name === "gateway" || name === "gateway route";
}

function refOf({ kind, namespace }: UnreadableObject, name: string) {
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) };
}
