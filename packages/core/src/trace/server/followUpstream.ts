import type { GatewayPod, GatewayServer } from "../../istio/gateway/index.ts";
import type { WeightedTarget } from "../../istio/index.ts";
import { proxyScope, serviceOf } from "../../istio/scope/index.ts";
import type { ClientStep } from "../attempt.ts";
import type { TraceBranch } from "../traceResult.ts";
import { type Tried, tryAgain } from "../tryAgain.ts";
import { type Arrival, sentOn } from "./arrival.ts";
import type { GatewayVisit } from "./gatewayVisit.ts";

/** A destination without a port: that of a service with only one, else the server's (route.go, GetDestinationCluster). */
export function destinationPort(pod: GatewayPod, { destination }: WeightedTarget, { server }: GatewayServer): number {
  if (destination.port?.number !== undefined) return destination.port.number;
  const ports = serviceOf(proxyScope(pod.cluster, pod.workload), destination.host)?.ports ?? [];
  return ports.length === 1 ? (ports[0]?.number ?? server.port.number) : server.port.number;
}

/** What the gateway opens upstream goes its own way; it tries again by itself, and what fails then its own client sees. */
export function followUpstream(
  arrival: Arrival,
  visit: GatewayVisit,
  steps: readonly ClientStep[],
): readonly TraceBranch[] {
  const ended = steps.flatMap((step) => (step.kind === "ended" ? [step] : []));
  const tried = steps.flatMap((step): readonly Tried[] => {
    if (step.kind === "ended") return [];
    const { probability, hops, transport, payload } = step;
    const next = sentOn({ ...arrival, attempt: step, probability, hops, transport, payload }, visit.workload);
    return [{ attempt: step, branches: visit.forward(next, step.destination) }];
  });
  return [...ended, ...tryAgain(tried)].map((branch) => relayed(branch, arrival));
}

/**
 * How a gateway's failure looks to the client that sent the request: its HTTP answer as it is; and a connection that it closes as one
 * that stood and got no answer, for which an HTTP proxy says 503 and `UC`, or `UF` where its TLS never came about, since the
 * gateway passes that on.
 */
function relayed({ probability, hops, outcome, isRetried }: TraceBranch, { attempt, transport }: Arrival): TraceBranch {
  const branch = { probability, hops, ...(isRetried === true ? { isRetried } : {}) };
  if (outcome.kind === "refused") return { ...branch, outcome, isRelayed: true };
  const isClosed = outcome.kind === "reset" || outcome.kind === "timeout";
  if (!isClosed || attempt.proxied !== "http") return { ...branch, outcome };
  const responseFlag = transport.mode === "none" ? "UC" : "UF";
  return { ...branch, outcome: { kind: "refused", status: 503, responseFlag } };
}

/**
 * What the gateway sends on as bytes. Where it adds no TLS of its own (its DestinationRule says DISABLE, or nothing takes mutual
 * TLS), the server meets the TLS of the gateway's client: its SNI, its ALPN and its identity (Envoy's tcp_proxy changes no byte).
 */
export function followBytes(
  arrival: Arrival,
  visit: GatewayVisit,
  steps: readonly ClientStep[],
): readonly TraceBranch[] {
  const { attempt, transport, payload } = arrival;
  return steps.flatMap((step) => {
    if (step.kind === "ended" || step.transport.mode !== "none") return followUpstream(arrival, visit, [step]);
    const { probability, hops } = step;
    const own = { ...step, caller: attempt.caller, proxied: attempt.proxied };
    const next = sentOn({ ...arrival, attempt: own, probability, hops, transport, payload }, visit.workload);
    return visit.forward(next, step.destination);
  });
}
