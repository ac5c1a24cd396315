import { isCoveredBy } from "../hostNames.ts";
import type { HttpMatch, HttpRoute, Placed } from "../httpRoute.ts";
import type { MeshVirtualService } from "../meshVirtualService.ts";
import { virtualServicesFor } from "../scope/virtualServices.ts";
import type { GatewayPod } from "./gatewayPod.ts";
import { serverHostsFor } from "./gatewayVirtualServices.ts";
import type { GatewayServer } from "./mergedGateway.ts";

/** One virtual host of a gateway's HTTP routes. */
export interface HostRoutes {
  /** The first that has the host. */
  readonly server: GatewayServer;
  readonly routes: readonly Placed<HttpRoute>[];
  readonly redirectsToHttps: boolean;
}

/**
 * The virtual hosts of servers that share their HTTP routes, by host. Several VirtualServices of one host add up, and what
 * matches anything comes last (pilot/pkg/networking/core/gateway.go, buildGatewayHTTPRouteConfig).
 */
export function gatewayHosts(pod: GatewayPod, servers: readonly GatewayServer[]): ReadonlyMap<string, HostRoutes> {
  const hosts = new Map<string, HostRoutes>();
  for (const server of servers) {
    const redirects = server.server.tls?.httpsRedirect === true;
    const add = (host: string, routes: readonly Placed<HttpRoute>[]) => {
      const before = hosts.get(host);
      hosts.set(host, {
        server: before?.server ?? server,
        routes: [...(before?.routes ?? []), ...routes],
        redirectsToHttps: redirects || (before?.redirectsToHttps ?? false),
      });
    };
    for (const each of virtualServicesFor(pod.cluster, pod.workload.namespace, server.gatewayName)) {
      const routes = each.http.flatMap((route) => ofServer(route, server));
      if (routes.length === 0) continue;
      for (const host of sharedHosts(server, each)) add(host.toLowerCase(), routes);
    }
    if (redirects) for (const host of server.hosts) add(host.toLowerCase(), []);
  }
  return new Map([...hosts].map(([host, { routes, ...rest }]) => [host, { ...rest, routes: catchAllLast(routes) }]));
}

/** Envoy's choice of a virtual host: the exact name, else the longest wildcard, else what takes any. */
export function hostRoutes(
  hosts: ReadonlyMap<string, HostRoutes>,
  authority: string,
): { readonly host: string; readonly routes: HostRoutes } | undefined {
  const exact = hosts.get(authority);
  if (exact !== undefined) return { host: authority, routes: exact };
  const wildcards = [...hosts.keys()]
    .filter((host) => host.startsWith("*") && authority.length > host.length - 1 && authority.endsWith(host.slice(1)))
    .sort((left, right) => right.length - left.length);
  const host = wildcards[0] ?? "*";
  const routes = hosts.get(host);
  return routes === undefined ? undefined : { host, routes };
}

/** The narrower of two hosts where one covers the other (host.Names.Intersection). */
function sharedHosts(server: GatewayServer, { hosts, namespace }: MeshVirtualService): readonly string[] {
  const shared = serverHostsFor(server, namespace).flatMap((own) =>
    hosts.flatMap((host) => (isCoveredBy(own, host) ? [own] : isCoveredBy(host, own) ? [host] : [])),
  );
  return [...new Set(shared)];
}

/** Routes for other ports or gateways are as if they were not there; those for the server's own hold whatever its port is. */
function ofServer(route: Placed<HttpRoute>, { server, gatewayName }: GatewayServer): readonly Placed<HttpRoute>[] {
  const { match = [] } = route.value;
  if (match.length === 0) return [route];
  const fitting = match.flatMap(({ port = 0, gateways = [], ...rest }): readonly HttpMatch[] => {
    const fits =
      (port === 0 || port === server.port.number) && (gateways.length === 0 || gateways.includes(gatewayName));
    return fits ? [rest] : [];
  });
  return fitting.length === 0 ? [] : [{ ...route, value: { ...route.value, match: fitting } }];
}

function catchAllLast(routes: readonly Placed<HttpRoute>[]): readonly Placed<HttpRoute>[] {
  return [...routes.filter((route) => !isCatchAll(route)), ...routes.filter(isCatchAll)];
}

function isCatchAll({ value: { match = [] } }: Placed<HttpRoute>): boolean {
  return match.length === 0 || match.every(({ uri, ...rest }) => isAny(uri) && Object.keys(rest).length === 0);
}

function isAny(uri: HttpMatch["uri"]): boolean {
  return uri === undefined || uri.prefix === "/" || uri.regex === "*" || uri.regex === ".*";
}
