import {
  type GatewayPod,
  type GatewayServer,
  gatewayHosts,
  type HostRoutes,
  hostRoutes,
  mergedGateway,
  sniHosts,
} from "../../istio/gateway/index.ts";
import {
  type HttpPayload,
  type HttpRoute,
  hostOfAuthority,
  type IstioCluster,
  isCoveredBy,
  memoisedBy,
  type Placed,
  routingProxy,
  type Workload,
} from "../../istio/index.ts";
import type { TokenClaims } from "../../istio/policy/index.ts";
import { limitsOf } from "../../istio/upstream/index.ts";
import { type ClusterObject, clusterObject, showClusterObject } from "../../kinds/index.ts";
import { applyHttpRoute, type RouteEffect } from "../client/applyHttpRoute.ts";
import { chooseHttpRoute, type RouteChoice } from "../client/chooseHttpRoute.ts";
import type { TraceBranch } from "../traceResult.ts";
import { openUpstream } from "../upstream/openUpstream.ts";
import { type Arrival, broken, ended, passed, share, show } from "./arrival.ts";
import { destinationPort, followUpstream } from "./followUpstream.ts";
import type { GatewayVisit } from "./gatewayVisit.ts";
import { wrapped } from "./tlsInTls.ts";

const source = "pilot/pkg/networking/core/gateway.go";

/** HTTP at a gateway: the virtual host of the request's authority, and a route of the VirtualServices that it is made of. */
export function routeHttpAtGateway(
  { arrival, claims }: { readonly arrival: Arrival; readonly claims?: TokenClaims },
  visit: GatewayVisit,
  server: GatewayServer,
): readonly TraceBranch[] {
  const { cluster } = visit;
  const hop = { name: "gateway route" as const, cluster: cluster.name, source };
  const { payload } = arrival;
  if (payload.kind === "tls") {
    return wrapped(arrival, { cluster: cluster.name, who: show(server.gateway), mode: "of the gateway's server" });
  }
  if (payload.kind !== "http") {
    const why = `${show(server.gateway)} expects HTTP, and whether that is spoken is not to be seen`;
    return ended(passed(arrival, { ...hop, detail: why }, "unknown"), { kind: "unknown", why });
  }
  const { sharing, hosts } = virtualHosts(visit, server);
  const authority = hostOf(payload);
  const found = hostRoutes(hosts, authority)?.routes;
  if (found === undefined) {
    const near = sharing.find((each) => sniHosts(each).some((host) => isCoveredBy(authority, host)));
    return noRoute(arrival, visit, { server: near ?? server, authority, hosts });
  }
  const isTls = server.server.tls !== undefined && !server.server.tls.httpsRedirect;
  if (found.redirectsToHttps && !isTls) {
    const at = passed(arrival, {
      ...hop,
      object: clusterObject(cluster.name, server.gateway),
      detail: `${authority} is for HTTPS only`,
    });
    return ended(at, { kind: "answered", by: { type: "proxy" }, status: 301 });
  }
  const context = {
    proxy: routingProxy(cluster, visit.workload),
    port: server.server.port.number,
    gateways: new Set([found.server.gatewayName]),
    scheme: isTls ? ("https" as const) : ("http" as const),
    ...(claims === undefined ? {} : { claims }),
  };
  const choice = chooseHttpRoute({ http: found.routes }, payload, context);
  return useChoice(arrival, visit, { authority, found, choice, payload });
}

interface SharedHosts {
  readonly sharing: readonly GatewayServer[];
  readonly hosts: ReadonlyMap<string, HostRoutes>;
}

/** The virtual hosts that a server shares with others, and those servers. */
function virtualHosts({ cluster, workload }: GatewayVisit, { routeName }: GatewayServer): SharedHosts {
  return hostsOfRoute(podOf(cluster, workload), routeName);
}

const podOf = memoisedBy((cluster: IstioCluster, workload: Workload): GatewayPod => ({ cluster, workload }));

const hostsOfRoute = memoisedBy((pod: GatewayPod, routeName: string | undefined): SharedHosts => {
  const { servers } = mergedGateway(pod.cluster, pod.workload);
  const sharing = servers.filter((each) => each.routeName === routeName);
  return { sharing, hosts: gatewayHosts(pod, sharing) };
});

/** The name of the virtual host that takes a request; undefined where none does. */
export function virtualHostOf(visit: GatewayVisit, server: GatewayServer, payload: HttpPayload): string | undefined {
  return hostRoutes(virtualHosts(visit, server).hosts, hostOf(payload))?.host;
}

function hostOf({ authority }: HttpPayload): string {
  return hostOfAuthority(authority);
}

interface Chosen {
  readonly authority: string;
  readonly found: HostRoutes;
  readonly choice: RouteChoice;
  readonly payload: HttpPayload;
}

function useChoice(
  arrival: Arrival,
  visit: GatewayVisit,
  { authority, found, choice, payload }: Chosen,
): readonly TraceBranch[] {
  const { cluster } = visit;
  const { server } = found;
  const hop = { name: "gateway route" as const, cluster: cluster.name, source };
  if (choice.kind === "unknown") {
    return ended(passed(arrival, { ...hop, detail: choice.why }, "unknown"), { kind: "unknown", why: choice.why });
  }
  if (choice.kind !== "chosen") {
    const [first] = found.routes;
    const about = first === undefined ? {} : { object: objectOf(cluster.name, first), field: "spec.http" };
    const fault = {
      ...hop,
      ...about,
      code: "TRACE_GATEWAY_ROUTE" as const,
      detail: `no route for ${authority} at port ${server.server.port.number} of ${show(server.gateway)} matches ${payload.method} ${payload.path}`,
      fix: "Add a route whose match the request fits, or correct match.uri, match.port or match.gateways.",
    };
    return broken(arrival, fault, { kind: "refused", status: 404, responseFlag: "NR" });
  }
  const { route, match } = choice;
  const at = passed(arrival, {
    ...hop,
    object: objectOf(cluster.name, route),
    field: route.field,
    limits: limitsOf(route.value),
    detail: `${showClusterObject(objectOf(cluster.name, route))} routes ${authority}${payload.path.replace(/\?.*/, "")}`,
  });
  const defaultPort = (host: string) => destinationPort(visit, { destination: { host } }, server);
  return applyHttpRoute({ route, match, payload, cluster: cluster.name, defaultPort }).flatMap((effect) =>
    take(at, visit, { effect, route }),
  );
}

function take(
  arrival: Arrival,
  visit: GatewayVisit,
  { effect, route }: { readonly effect: RouteEffect; readonly route: Placed<HttpRoute> },
): readonly TraceBranch[] {
  const part = share(arrival, effect.share);
  if (effect.kind === "abort") {
    const object = objectOf(visit.cluster.name, route);
    const fault = {
      name: "gateway route" as const,
      cluster: visit.cluster.name,
      object,
      field: `${route.field}.fault.abort`,
      source,
      code: "TRACE_ROUTE_ABORTS" as const,
      detail: `${showClusterObject(object)} aborts with ${effect.status}, as it is told`,
      fix: `Remove ${route.field}.fault.abort when the test is over.`,
    };
    return broken(part, fault, { kind: "refused", status: effect.status, responseFlag: "FI" });
  }
  if (effect.kind !== "forward") {
    return ended(part, { kind: "answered", by: { type: "proxy" }, status: effect.status });
  }
  const { cluster, workload } = visit;
  const { hops, probability } = part;
  const { target, payload, retries } = effect;
  const steps = openUpstream({
    cluster,
    clusters: visit.world.clusters,
    proxy: workload,
    target,
    payload,
    proxied: "http",
    retries,
    hops,
    probability,
  });
  return followUpstream(part, visit, steps);
}

function objectOf(cluster: string, { object }: Placed<HttpRoute>): ClusterObject {
  return { cluster, ...object };
}

function noRoute(
  arrival: Arrival,
  { cluster }: GatewayVisit,
  {
    server,
    authority,
    hosts,
  }: {
    readonly server: GatewayServer;
    readonly authority: string;
    readonly hosts: ReadonlyMap<string, unknown>;
  },
): readonly TraceBranch[] {
  const known = [...hosts.keys()];
  const others = known.length === 0 ? "it routes none" : `it routes ${known.slice(0, 5).join(", ")}`;
  const fault = {
    name: "gateway route" as const,
    cluster: cluster.name,
    object: clusterObject(cluster.name, server.gateway),
    field: `${server.field}.hosts`,
    source,
    code: "TRACE_GATEWAY_ROUTE" as const,
    detail: `no VirtualService of ${show(server.gateway)} has host ${authority}: ${others}`,
    fix: `Bind a VirtualService with host ${authority} to it: gateways: [${server.gatewayName}], exported to the gateway's namespace, and a host that the Gateway's server has as well.`,
  };
  return broken(arrival, fault, { kind: "refused", status: 404, responseFlag: "NR" });
}
