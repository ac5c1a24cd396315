import type { AccessLogEntry } from "../../src/index.ts";
import type { WireAnswer } from "./wireCall.ts";

/** What the proxies on the way of one call logged about it. */
export interface Evidence {
  /** Whether the client has a sidecar. */
  readonly isProxied: boolean;
  readonly client: readonly AccessLogEntry[];
  readonly gateway: readonly AccessLogEntry[];
  readonly server: readonly AccessLogEntry[];
  /** `cluster2/web-v1-1`: the one pod whose proxy took the call in. */
  readonly servedBy?: string;
}

/**
 * Where a call failed, as Envoy's access logs tell it: the hops (`TraceHopName`) of a trace that may be blamed for that. Logs don't tell more:
 * that a client has no route may be because a name is not visible to it. Empty where they tell nothing.
 */
export function wireHops(answer: WireAnswer, evidence: Evidence): readonly string[] {
  const hops = loggedHops(answer, evidence);
  // Logs do not tell a gateway's server from what it passes through to.
  return hops.includes("gateway") ? [...hops, "passthrough"] : hops;
}

function loggedHops(answer: WireAnswer, { client, gateway, server, isProxied }: Evidence): readonly string[] {
  if (answer.exitCode === 6) return ["name", "visibility"];
  const [atServer, atGateway, atClient] = [server.at(-1), gateway.at(-1), client.at(-1)];
  return (
    (atServer && serverHops(atServer)) ??
    (atGateway && gatewayHops(atGateway)) ??
    (atClient && clientHops(atClient)) ??
    (isProxied ? [] : plainHops(answer))
  );
}

function reasonOf(entry: AccessLogEntry): string {
  const fields = ["response_code_details", "connection_termination_details", "upstream_transport_failure_reason"];
  return fields.map((field) => entry[field] ?? "").join(" ");
}

function has(entry: AccessLogEntry, ...flags: readonly string[]): boolean {
  return (entry.response_flags ?? "").split(",").some((flag) => flags.includes(flag));
}

function serverHops(entry: AccessLogEntry): readonly string[] | undefined {
  const reason = reasonOf(entry);
  if (reason.includes("rbac_access_denied")) return ["authorization"];
  if (reason.includes("filter_chain_not_found")) return ["mutual TLS"];
  if (reason.includes("jwt_authn")) return ["authentication"];
  // The connection to the app itself.
  if (has(entry, "UF", "URX", "UC", "UT", "UPE")) return ["destination", "application"];
  // Bytes that are not HTTP to a chain of HTTP.
  if (has(entry, "DPE")) return ["mutual TLS", "destination"];
  return undefined;
}

function gatewayHops(entry: AccessLogEntry): readonly string[] | undefined {
  const reason = reasonOf(entry);
  if (reason.includes("filter_chain_not_found") || has(entry, "DPE")) return ["gateway"];
  if (reason.includes("route_not_found")) return ["gateway route"];
  if (has(entry, "NC") || reason.includes("cluster_not_found")) return ["route"];
  // Of a cluster that passes through it is the gateway's own matter, of a route's the endpoints'.
  if (has(entry, "UH"))
    return `${entry.upstream_cluster}`.startsWith("outbound_.") ? ["gateway", "endpoints"] : ["endpoints"];
  if (reason.includes("CERTIFICATE_VERIFY_FAILED")) return ["identity"];
  if (has(entry, "UF", "UC", "URX")) return ["connection", "destination", "mutual TLS", "application"];
  return undefined;
}

function clientHops(entry: AccessLogEntry): readonly string[] | undefined {
  const reason = reasonOf(entry);
  const isUnknownName = ["PassthroughCluster", "BlackHoleCluster"].includes(`${entry.upstream_cluster}`);
  // What the proxy does not know goes where the client wanted it to go: kube-proxy knows no such port either.
  if (isUnknownName) {
    const isOpened = !has(entry, "UF") && entry.upstream_cluster === "PassthroughCluster";
    const unknown = ["visibility", "listener", "route", "connection", "endpoints"];
    return isOpened ? [...unknown, "gateway", "mutual TLS", "destination", "application"] : unknown;
  }
  if (has(entry, "NR")) return ["visibility", "listener", "route"];
  if (has(entry, "NC")) return ["route", "endpoints"];
  if (has(entry, "UH")) return ["endpoints"];
  if (reason.includes("CERTIFICATE_VERIFY_FAILED")) return ["identity"];
  if (reason.includes("delayed_connect_error")) return ["connection", "gateway", "application"];
  // The other end closes while TLS is set up, or speaks none.
  if (reason.includes("TLS_error")) return ["connection", "gateway", "mutual TLS", "application", "identity"];
  if (has(entry, "UC")) return ["gateway", "mutual TLS", "identity", "authorization"];
  if (has(entry, "UF", "UT", "DC")) return ["connection"];
  return undefined;
}

/** A client without a proxy: all that there is to see is curl's exit code. */
function plainHops({ exitCode }: WireAnswer): readonly string[] {
  if (exitCode === 7) return ["endpoints", "connection", "gateway", "application"];
  if (exitCode === 28) return ["connection", "application"];
  return [35, 52, 56].includes(exitCode)
    ? ["gateway", "mutual TLS", "destination", "application", "authorization"]
    : [];
}
