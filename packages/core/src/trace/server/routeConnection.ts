import type { GatewayL4Route, GatewayServer } from "../../istio/gateway/index.ts";
import type { Payload, WeightedTarget } from "../../istio/index.ts";
import type { ClusterObject } from "../../kinds/index.ts";
import type { TraceBranch } from "../traceResult.ts";
import { openUpstream } from "../upstream/openUpstream.ts";
import { type Arrival, passed } from "./arrival.ts";
import { destinationPort, followBytes } from "./followUpstream.ts";
import type { GatewayVisit } from "./gatewayVisit.ts";

/** Where a gateway sends a connection that a VirtualService's TCP or TLS route takes. */
export function routeConnection(
  arrival: Arrival,
  visit: GatewayVisit,
  { route: { value, object, field }, server }: { readonly route: GatewayL4Route; readonly server: GatewayServer },
): readonly TraceBranch[] {
  const { cluster } = visit;
  const virtualService: ClusterObject = { cluster: cluster.name, ...object };
  const targets = value.route ?? [];
  const at = passed(arrival, {
    name: "gateway route",
    cluster: cluster.name,
    object: virtualService,
    field,
    detail: `${object.kind} ${object.namespace}/${object.name} routes it to ${targets.map(({ destination }) => destination.host).join(", ")}`,
    source: "pilot/pkg/networking/core/networkfilter.go",
  });
  return weighted(targets).flatMap(({ target, part, index }) => {
    const steps = openUpstream({
      cluster,
      clusters: visit.world.clusters,
      proxy: visit.workload,
      target: {
        host: target.destination.host,
        port: destinationPort(visit, target, server),
        subset: target.destination.subset,
        chosenBy: { object: virtualService, field: `${field}.route[${index}]` },
      },
      payload: bytesOf(at),
      proxied: "tcp",
      retries: undefined,
      hops: at.hops,
      probability: at.probability * part,
    });
    return followBytes(at, visit, steps);
  });
}

/** TLS that the gateway does not end is what it sends on, inside of its own. */
function bytesOf({ transport, payload }: Arrival): Payload {
  if (transport.mode === "none") return payload;
  const { sni, alpn } = transport;
  return { kind: "tls", sni, alpn, inner: payload.kind === "http" ? payload : { kind: "tcp" } };
}

interface Part {
  readonly target: WeightedTarget;
  readonly part: number;
  readonly index: number;
}

/** A route without weights goes to its one destination; a weight of 0 gets nothing beside others. */
function weighted(targets: readonly WeightedTarget[]): readonly Part[] {
  if (targets.length === 1) return targets.map((target) => ({ target, part: 1, index: 0 }));
  const total = targets.reduce((sum, { weight = 0 }) => sum + weight, 0);
  return targets
    .map((target, index) => ({ target, part: total === 0 ? 0 : (target.weight ?? 0) / total, index }))
    .filter(({ part }) => part > 0);
}
