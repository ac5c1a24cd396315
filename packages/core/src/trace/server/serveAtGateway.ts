import {
  type ChainChoice,
  type GatewayChain,
  type GatewayServer,
  gatewayChain,
  gatewayListener,
  type MergedGateway,
  mergedGateway,
} from "../../istio/gateway/index.ts";
import { alpnOf, sniOf } from "../../istio/inbound/index.ts";
import { type IstioCluster, labelsMatch, memoised, parsePassthroughSni, templateKey } from "../../istio/index.ts";
import type { Caller } from "../../istio/policy/index.ts";
import { registered, servicesOfHost } from "../../istio/registry/index.ts";
import { clusterObject, type KubeObject } from "../../kinds/index.ts";
import { unfollowedChange } from "../extensions/unfollowedChange.ts";
import { notFollowed } from "../gatewayApi/notFollowed.ts";
import type { TraceBranch } from "../traceResult.ts";
import { overlooked } from "../undiscovered.ts";
import { type Arrival, broken, failedConnection, type Passage, passed, show, untold } from "./arrival.ts";
import { checkPolicies, type PolicyQuestion } from "./checkPolicies.ts";
import { asksForCertificate, clientNames, endGatewayTls } from "./endGatewayTls.ts";
import { gatewayFilters } from "./gatewayFilters.ts";
import type { GatewayVisit } from "./gatewayVisit.ts";
import { passThrough } from "./passThrough.ts";
import { routeConnection } from "./routeConnection.ts";
import { routeHttpAtGateway } from "./routeHttpAtGateway.ts";
import { protectionOf, showConnection } from "./showConnection.ts";
import { takeArrivedPath } from "./takeArrivedPath.ts";
import { wrongSni } from "./wrongSni.ts";

/** What an SNI names, where istiod does not look into its namespace. */
function overlookedService(cluster: IstioCluster, sni: string): KubeObject | undefined {
  const host = parsePassthroughSni(sni)?.host ?? sni;
  return registered(cluster, undefined, host) !== undefined ? undefined : servicesOfHost(cluster, host)[0]?.object;
}

const source = "pilot/pkg/networking/core/gateway.go";

/** What a gateway does with a connection: its Gateways' servers, the filter chain, and where that leads. */
export function serveAtGateway(arrival: Arrival, visit: GatewayVisit): readonly TraceBranch[] {
  const { cluster, workload, port } = visit;
  const name = `${workload.namespace}/${workload.name}`;
  const here = { workload, port, sni: sniOf(arrival) ?? "", payload: arrival.payload };
  const hop = { name: "gateway" as const, cluster: cluster.name, source };
  if (arrival.through.some((before) => isSamePassage(before, here))) {
    const fault = {
      ...hop,
      object: { cluster: cluster.name, kind: "Pod", namespace: workload.namespace, name: workload.name },
      code: "TRACE_LOOP" as const,
      detail: `gateway ${name} of ${cluster.name} sends the request back to itself`,
      fix: "Keep endpoints of other clusters out of what the gateway forwards to: a Service that selects only local pods.",
    };
    return broken(arrival, fault, failedConnection(arrival, "UF"));
  }
  const change = unfollowedChange({ cluster, workload, context: "GATEWAY", port, isHttp: false }, "gateway");
  if (change !== undefined) return untold(arrival, change);
  const listener = gatewayListener(visit, port);
  const merged = mergedGateway(cluster, workload);
  if (listener === undefined) return nothingListens(arrival, visit, merged);
  const choice = gatewayChain(visit, listener, { sni: sniOf(arrival), alpn: alpnOf(arrival) });
  if (choice.kind !== "chain") return noChain(arrival, visit, { choice, servers: listener.servers, merged });
  const { chain } = choice;
  const { gateway, index } = chain.server;
  const at = passed(
    { ...arrival, through: [...arrival.through, here] },
    {
      ...hop,
      object: clusterObject(cluster.name, gateway),
      field: chain.server.field,
      ...(workload.isImagined === true
        ? { assumes: [{ about: "gateway", detail: `pods of gateway ${name} run in ${cluster.name}` }] }
        : {}),
      wire: protectionOf(arrival, asksForCertificate(endingMode(chain))),
      detail: `server ${index} of ${show(gateway)} at gateway ${name} takes ${showConnection(arrival)}`,
    },
  );
  return follow(at, visit, chain);
}

/**
 * Of one pod, or of what comes to a port of its template: all pods of a template do the same with it, so that the second of them
 * is the loop already, and not each of them in every order.
 */
function isSamePassage(one: Passage, other: Passage): boolean {
  const { workload: left } = one;
  const { workload: right } = other;
  if (left.cluster !== right.cluster) return false;
  if (left.namespace === right.namespace && left.name === right.name) return true;
  if (one.port !== other.port || one.sni !== other.sni || templateOf(left) !== templateOf(right)) return false;
  return one.payload === other.payload || JSON.stringify(one.payload) === JSON.stringify(other.payload);
}

const templateOf = memoised(templateKey);

function follow(arrival: Arrival, visit: GatewayVisit, chain: GatewayChain): readonly TraceBranch[] {
  const { gateway, field, unfollowed } = chain.server;
  if (unfollowed !== undefined) {
    const object = clusterObject(visit.cluster.name, gateway);
    return untold(arrival, notFollowed({ cluster: visit.cluster, object, field, why: unfollowed }, "gateway"));
  }
  if (chain.kind === "auto") return passThrough(arrival, visit, chain);
  const ended = chain.kind === "passthrough" ? { arrival } : endGatewayTls(arrival, visit, chain);
  if ("branches" in ended) return ended.branches;
  const taken =
    chain.kind === "http" ? takeArrivedPath(ended.arrival, visit.cluster, visit.workload, "gateway") : ended;
  if ("branches" in taken) return taken.branches;
  const filtered = chain.kind === "http" ? gatewayFilters(taken.arrival, visit, chain.server) : taken;
  if ("branches" in filtered) return filtered.branches;
  const checked = checkPolicies(filtered.arrival, policyQuestion(arrival, visit, chain));
  if ("branches" in checked) return checked.branches;
  return chain.kind === "http"
    ? routeHttpAtGateway(checked, visit, chain.server)
    : routeConnection(checked.arrival, visit, chain);
}

/** The tls.mode of a server that ends TLS. */
function endingMode(chain: GatewayChain): string | undefined {
  const endsTls = (chain.kind === "http" || chain.kind === "tcp") && chain.endsTls;
  return endsTls ? chain.server.server.tls?.mode : undefined;
}

/** Of the connection as it came, before its TLS was ended. Envoy's name for a certificate is its first URI, else DNS, name. */
function policyQuestion(
  before: Arrival,
  { cluster, workload, port }: GatewayVisit,
  chain: Exclude<GatewayChain, { kind: "auto" }>,
): PolicyQuestion {
  const mode = endingMode(chain);
  const names = asksForCertificate(mode) ? clientNames(before) : undefined;
  const identity =
    mode === "ISTIO_MUTUAL" && before.transport.mode !== "none" ? before.transport.clientIdentity : undefined;
  const named = names === "unknown" ? undefined : (names?.find((name) => name.includes("://")) ?? names?.[0]);
  const id = identity ?? named;
  const unnamed = names === "unknown" ? "hidden" : "nobody";
  const caller: Caller = id === undefined ? { kind: unnamed } : { kind: "identity", id };
  return {
    cluster,
    workload,
    port,
    protocol: chain.kind === "http" ? "http" : "tcp",
    caller,
    sni: sniOf(before) ?? "",
    saysNothingAsked: false,
  };
}

function nothingListens(arrival: Arrival, visit: GatewayVisit, { servers, skipped }: MergedGateway) {
  const { cluster, workload, port } = visit;
  const atPort = skipped.find((each) => each.port === port);
  const others = [...new Set(servers.map((each) => each.port))].sort((left, right) => left - right);
  const open = others.length === 0 ? "none at all" : `only ${others.join(", ")}`;
  const name = `${workload.namespace}/${workload.name}`;
  const fault = {
    name: "gateway" as const,
    cluster: cluster.name,
    source: "pilot/pkg/model/gateway.go",
    ...(atPort === undefined ? {} : { object: clusterObject(cluster.name, atPort.gateway), field: atPort.field }),
    code: "TRACE_NOTHING_LISTENS" as const,
    detail:
      atPort === undefined
        ? `gateway ${name} of ${cluster.name} opens no port ${port}, ${open}: no Gateway that selects it has a server for it`
        : `gateway ${name} of ${cluster.name} opens no port ${port}: istiod skips server ${atPort.index} of ${show(atPort.gateway)}, since ${atPort.why}`,
    fix: `Give a Gateway whose selector is among the pod's labels a server with the Service's port that leads to ${port}.`,
    ...(atPort === undefined ? overlooked(cluster, overlookedGateway(visit)) : undefined),
  };
  return broken(arrival, fault, failedConnection(arrival, "UF"));
}

/** A Gateway that would open the port if istiod saw it. */
function overlookedGateway({ cluster, workload, port }: GatewayVisit): KubeObject | undefined {
  return cluster
    .stored("Gateway")
    .find(
      (each) =>
        !cluster.isDiscovered(each.metadata.namespace ?? "default") &&
        labelsMatch(each.spec.selector ?? {}, workload.labels) &&
        each.spec.servers?.some((server) => server.port.number === port),
    );
}

function noChain(
  arrival: Arrival,
  { world, cluster, workload, port }: GatewayVisit,
  {
    choice,
    servers,
    merged,
  }: {
    readonly choice: Exclude<ChainChoice, { kind: "chain" }>;
    readonly servers: readonly GatewayServer[];
    readonly merged: MergedGateway;
  },
): readonly TraceBranch[] {
  const hop = { name: "gateway" as const, cluster: cluster.name, source };
  const about = ({ gateway, field }: Pick<GatewayServer, "gateway" | "field">) => ({
    object: clusterObject(cluster.name, gateway),
    field: `${field}.${field.startsWith("spec.servers") ? "hosts" : "hostname"}`,
  });
  const name = `${workload.namespace}/${workload.name}`;
  // What the proxy sends without TLS of its own ends in a connection that is opened and closed again, TLS in a handshake that fails.
  const isPlain = arrival.transport.mode === "none";
  const isOpen = choice.kind !== "no listener" && choice.kind !== "rejected";
  const fails = failedConnection(arrival, isPlain && isOpen ? "UC" : "UF");
  if (choice.kind === "rejected") {
    const [first, second] = choice.servers;
    const fault = {
      ...hop,
      ...about(second),
      code: "TRACE_LISTENER_REJECTED" as const,
      detail: `server ${first.index} of ${show(first.gateway)} and server ${second.index} of ${show(second.gateway)} both have a filter chain for ${choice.sni}: Envoy rejects the listener of port ${port} as a whole`,
      fix: `Remove the host from ${show(second.gateway)} or ${show(first.gateway)}.`,
    };
    return broken(arrival, fault, fails);
  }
  const skipped = merged.skipped.find((each) => each.port === port);
  const sni = choice.kind === "no chain" ? wrongSni(world, arrival, cluster) : undefined;
  const [only] = servers;
  const listed = servers.flatMap(({ hosts }) => hosts).slice(0, 5);
  const fault = {
    ...hop,
    ...(skipped !== undefined ? about(skipped) : only === undefined ? {} : about(only)),
    code: "TRACE_NO_FILTER_CHAIN" as const,
    detail:
      choice.kind === "no listener"
        ? `the servers of gateway ${name} at port ${port} (${listed.join(", ")}) have nothing to forward to, so that it does not open the port`
        : `no server of gateway ${name} at port ${port} (${listed.join(", ")}) takes ${showConnection(arrival)}${skipped === undefined ? "" : `; istiod skips a server of ${show(skipped.gateway)}, since ${skipped.why}`}`,
    fix: "Correct the SNI that the caller sends (tls.sni of its DestinationRule), or hosts of the Gateway; a passthrough server forwards only to Services and ServiceEntries of the mesh that the gateway's namespace sees.",
    ...overlooked(cluster, overlookedService(cluster, sniOf(arrival) ?? "")),
  };
  if (sni === undefined) return broken(arrival, fault, fails);
  const { detail, others, ...blamed } = sni;
  const gateways = only === undefined ? [] : [{ ...about(only), part: "has no server for what is sent" }];
  const why = `${fault.detail}: ${detail}`;
  return broken(arrival, { ...fault, ...blamed, detail: why, others: [...others, ...gateways] }, fails);
}
