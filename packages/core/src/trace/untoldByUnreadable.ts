import { type IstioCluster, memoised, unreadableInPlay } from "../istio/index.ts";
import { showUnreadable, type UnreadableObject } from "../shape/index.ts";
import { unsure } from "./hop.ts";
import { isFromOutside, type TraceRequest } from "./traceRequest.ts";
import type { TraceBranch, TraceHop } from "./traceResult.ts";
import type { TraceWorld } from "./traceWorld.ts";

/**
 * The branch, or one that ends in "cannot be told" where an object that could not be read may decide: what was walked is then
 * only the configuration without it, and neither its yes nor its no is worth anything.
 */
export function untoldByUnreadable(world: TraceWorld, request: TraceRequest, branch: TraceBranch): TraceBranch {
  if (branch.outcome.kind === "unknown") return branch;
  for (const cluster of world.clusters.values()) {
    if (cluster.unreadable.length === 0) continue;
    const [first] = inPlay(cluster, request, branch);
    if (first === undefined) continue;
    const why = `${showUnreadable(first)} of ${cluster.name} may decide and cannot be read: ${first.fault}`;
    const hop = unsure({
      name: branch.hops.at(-1)?.name ?? "client",
      cluster: cluster.name,
      ...(first.name === undefined ? {} : { object: { cluster: cluster.name, ...refOf(first, first.name) } }),
      detail: why,
      code: "TRACE_UNREADABLE",
      source: "https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation",
    });
    // What is broken without the object need not be so with it.
    const hops = branch.hops.filter(({ status }) => status !== "broken");
    return { ...branch, hops: [...hops, hop], outcome: { kind: "unknown", why } };
  }
  return branch;
}

function inPlay(
  cluster: IstioCluster,
  request: TraceRequest,
  { hops, outcome }: TraceBranch,
): readonly UnreadableObject[] {
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
  return unreadableInPlay({
    cluster,
    namespaces,
    hosts: [url.host, ...(headers.host === undefined ? [] : [headers.host])],
    isAtGateway,
    isTcp: isCaller && url.scheme === "tcp",
  });
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
