import type { GatewayPod } from "../../istio/gateway/gatewayPod.ts";
import type { GatewayServer } from "../../istio/gateway/mergedGateway.ts";
import type { WeightedTarget } from "../../istio/scope/httpRoute.ts";
import { proxyScope } from "../../istio/scope/proxyScope.ts";
import type { ClientStep } from "../attempt.ts";
import type { TraceBranch } from "../traceResult.ts";
import { type Arrival, share } from "./arrival.ts";
import type { GatewayVisit } from "./serveAtGateway.ts";

/** A destination without a port: that of a service with only one, else the server's (route.go, GetDestinationCluster). */
export function destinationPort(pod: GatewayPod, { destination }: WeightedTarget, { server }: GatewayServer): number {
  if (destination.port?.number !== undefined) return destination.port.number;
  const ports = proxyScope(pod.cluster, pod.workload).services.get(destination.host)?.ports ?? [];
  return ports.length === 1 ? (ports[0]?.number ?? server.port.number) : server.port.number;
}

/** What the gateway opens upstream goes its own way. */
export function followUpstream(
  arrival: Arrival,
  visit: GatewayVisit,
  steps: readonly ClientStep[],
): readonly TraceBranch[] {
  return steps.flatMap((step) => {
    if (step.kind === "ended") return [{ probability: step.probability, hops: step.hops, outcome: step.outcome }];
    const { probability, hops, transport, payload } = step;
    const sourceAddress = visit.workload.address;
    const next: Arrival = { ...share(arrival, 1), attempt: step, probability, hops, transport, payload, sourceAddress };
    return visit.forward(next, step);
  });
}
