import { showHostPort } from "../istio/index.ts";
import { type ClusterObject, showClusterObject } from "../kinds/index.ts";
import { isReached } from "./trace.ts";
import { isFromOutside, type TraceRequest } from "./traceRequest.ts";
import type { Trace, TraceBranch, TraceHop, TraceVerdict } from "./traceResult.ts";

/** `service` is a name with its port, as callers know it; `cluster` is where a call gets lost that comes to nothing by name. */
export type GraphNodeKind = "workload" | "service" | "gateway" | "outside" | "cluster";

export interface GraphNode {
  readonly id: string;
  readonly kind: GraphNodeKind;
  /** Absent for names and what is outside. */
  readonly cluster?: string;
  readonly label: string;
  /** What a reader may want to open. */
  readonly ref?: ClusterObject;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** Of all the requests that go along here: as that of a trace. */
  readonly verdict: TraceVerdict;
  /** The codes of what is wrong, or in the way of telling. */
  readonly codes: readonly string[];
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** What calls what, by what gateways, and how each part of the way stands. Sorted, so that the order of the traces does not show. */
export function graph(traces: readonly Trace[]): Graph {
  const nodes = new Map<string, GraphNode>();
  const legs = new Map<string, Leg[]>();
  for (const trace of traces) {
    for (const branch of trace.branches) {
      for (const leg of legsOf(trace.request, branch)) {
        for (const node of [leg.from, leg.to]) if (!nodes.has(node.id)) nodes.set(node.id, node);
        const key = JSON.stringify([leg.from.id, leg.to.id]);
        legs.set(key, [...(legs.get(key) ?? []), leg]);
      }
    }
  }
  return {
    nodes: [...nodes.values()].sort((one, other) => (one.id < other.id ? -1 : 1)),
    edges: [...legs]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .flatMap(([, [first, ...others]]) => (first === undefined ? [] : [edgeOf([first, ...others])])),
  };
}

/** The stations of a branch between two nodes. */
interface Leg {
  readonly from: GraphNode;
  readonly to: GraphNode;
  readonly hops: readonly TraceHop[];
}

function edgeOf(legs: readonly [Leg, ...Leg[]]): GraphEdge {
  const [{ from, to }] = legs;
  const statuses = legs.map(({ hops }) => statusOf(hops));
  const isAny = (status: TraceHop["status"]) => statuses.includes(status);
  const failing = isAny("ok") ? "partly" : "broken";
  const verdict = isAny("broken") ? failing : isAny("unknown") ? "unknown" : "reaches";
  const codes = legs.flatMap(({ hops }) => hops.flatMap(({ code }) => code ?? []));
  return { from: from.id, to: to.id, verdict, codes: [...new Set(codes)].sort() };
}

function statusOf(hops: readonly TraceHop[]): TraceHop["status"] {
  if (hops.some(({ status }) => status === "broken")) return "broken";
  return hops.some(({ status }) => status === "unknown") ? "unknown" : "ok";
}

/** From the caller to the name, then from gateway to gateway, to where the branch ends. */
function legsOf(request: TraceRequest, branch: TraceBranch): readonly Leg[] {
  const { hops } = branch;
  const legs: Leg[] = [];
  let from = callerOf(request);
  let since = 0;
  const go = (to: GraphNode, until: number) => {
    legs.push({ from, to, hops: hops.slice(since, until) });
    from = to;
    since = until;
  };
  const left = hops.findIndex(({ name }) => name === "connection" || name === "gateway");
  go(nameOf(request), left < 0 ? hops.length : left);
  if (left < 0) return legs;
  for (const [index, hop] of hops.entries()) {
    const isArrival = hop.name === "gateway" && hop.cluster !== undefined && hops[index - 1]?.name !== "gateway";
    if (isArrival) go(gatewayOf(hop, hop.cluster), index);
  }
  const end = endOf(branch);
  if (end !== undefined) go(end, hops.length);
  return legs;
}

function callerOf(request: TraceRequest): GraphNode {
  if (isFromOutside(request)) return { id: "outside", kind: "outside", label: "outside" };
  const { cluster, namespace, workload } = request.from;
  const name = workload === "*" ? namespace : `${namespace}/${workload}`;
  return { id: `workload ${cluster} ${name}`, kind: "workload", cluster, label: name };
}

function nameOf({ url }: TraceRequest): GraphNode {
  const label = showHostPort(url.host, url.port);
  return { id: `service ${label}`, kind: "service", label };
}

function gatewayOf({ object }: TraceHop, cluster: string): GraphNode {
  if (object === undefined) return { id: `gateway ${cluster}`, kind: "gateway", cluster, label: "gateway" };
  const label = showClusterObject(object);
  return { id: `gateway ${cluster} ${label}`, kind: "gateway", cluster, label, ref: object };
}

/** Where a call ends; undefined where the proxy on the way answers by itself. */
function endOf(branch: TraceBranch): GraphNode | undefined {
  const { outcome, hops } = branch;
  if (outcome.kind === "answered" && isReached(branch)) {
    const { by } = outcome;
    if (by.type === "proxy") return undefined;
    if (by.type === "outside") {
      const label = showHostPort(by.address, by.port);
      return { id: `outside ${label}`, kind: "outside", label };
    }
    const { cluster, namespace, name } = by;
    return { id: `workload ${cluster} ${namespace}/${name}`, kind: "workload", cluster, label: `${namespace}/${name}` };
  }
  const cluster = hops.findLast((hop) => hop.cluster !== undefined)?.cluster;
  return cluster === undefined
    ? { id: "outside", kind: "outside", label: "outside" }
    : { id: `cluster ${cluster}`, kind: "cluster", cluster, label: cluster };
}
