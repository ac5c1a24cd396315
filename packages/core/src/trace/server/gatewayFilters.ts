import { mutateHeaders } from "../../istio/extensions/index.ts";
import type { GatewayServer } from "../../istio/gateway/index.ts";
import { unfollowedChange } from "../extensions/unfollowedChange.ts";
import type { TraceBranch } from "../traceResult.ts";
import { type Arrival, untold } from "./arrival.ts";
import type { GatewayVisit } from "./gatewayVisit.ts";
import { virtualHostOf } from "./routeHttpAtGateway.ts";

type Filtered = { readonly arrival: Arrival } | { readonly branches: readonly TraceBranch[] };

/** What the filters that somebody has put into a gateway do with HTTP, before its policies are asked. */
export function gatewayFilters(arrival: Arrival, visit: GatewayVisit, server: GatewayServer): Filtered {
  const { cluster, workload, port } = visit;
  const { payload } = arrival;
  if (payload.kind !== "http") return { arrival };
  // A request that no virtual host takes still goes through the filters.
  const virtualHost = { host: virtualHostOf(visit, server, payload) ?? "", port: server.server.port.number };
  const change = unfollowedChange(
    { cluster, workload, context: "GATEWAY", port, isHttp: true, virtualHost },
    "gateway route",
  );
  if (change !== undefined) return { branches: untold(arrival, change) };
  const headers = mutateHeaders(cluster, workload, { headers: payload.headers, virtualHost });
  return { arrival: headers === payload.headers ? arrival : { ...arrival, payload: { ...payload, headers } } };
}
