import { hostsOverlap } from "../hostNames.ts";
import type { L4Match, L4Route, Placed } from "../httpRoute.ts";
import type { MeshVirtualService } from "../meshVirtualService.ts";
import { virtualServicesFor } from "../scope/virtualServices.ts";
import type { GatewayPod } from "./gatewayPod.ts";
import { type GatewayServer, isPassthrough } from "./mergedGateway.ts";

/** A route of a VirtualService that a gateway's TLS or TCP server takes. */
export interface GatewayL4Route extends Placed<L4Route> {
  /** Of the match; empty for TCP. */
  readonly sniHosts: readonly string[];
}

/** The first TCP route that holds for a server (pilot/pkg/networking/core/gateway.go, buildGatewayNetworkFiltersFromTCPRoutes). */
export function gatewayTcpRoute(pod: GatewayPod, server: GatewayServer): GatewayL4Route | undefined {
  for (const { tcp, tls } of boundVirtualServices(pod, server)) {
    const found = tcp.find(({ value: { match = [], route = [] } }) => {
      return route.length > 0 && (match.length === 0 || match.some((each) => fits(each, server)));
    });
    if (found !== undefined) return { ...found, sniHosts: [] };
    // A TLSRoute of a listener that ends the TLS.
    const ended = tls.find(({ object, value }) => object.kind === "TLSRoute" && (value.route ?? []).length > 0);
    if (ended !== undefined && !isPassthrough(server.server)) return { ...ended, sniHosts: [] };
  }
  return undefined;
}

/** All TLS routes of a passthrough server; an SNI host that an earlier one has is skipped. */
export function gatewayTlsRoutes(pod: GatewayPod, server: GatewayServer): readonly GatewayL4Route[] {
  const taken = new Set<string>();
  return boundVirtualServices(pod, server).flatMap(({ tls }) =>
    tls.flatMap((placed) =>
      (placed.value.match ?? []).flatMap((match) => {
        const { sniHosts = [] } = match;
        if ((placed.value.route ?? []).length === 0 || !fits(match, server)) return [];
        if (sniHosts.some((host) => taken.has(host))) return [];
        for (const host of sniHosts) taken.add(host);
        return [{ ...placed, sniHosts }];
      }),
    ),
  );
}

function fits({ port = 0, gateways = [] }: L4Match, { server, gatewayName }: GatewayServer): boolean {
  return (port === 0 || port === server.port.number) && (gateways.length === 0 || gateways.includes(gatewayName));
}

/** VirtualServices of the server's Gateway that share a host with the server, as its namespaces allow (pickMatchingGatewayHosts). */
function boundVirtualServices({ cluster, workload }: GatewayPod, server: GatewayServer): readonly MeshVirtualService[] {
  return virtualServicesFor(cluster, workload.namespace, server.gatewayName).filter(({ hosts, namespace }) =>
    serverHostsFor(server, namespace).some((own) => hosts.some((host) => hostsOverlap(own, host))),
  );
}

/** Of a server's hosts those that a namespace may bind to, without the namespace (host.NamesForNamespace). */
export function serverHostsFor({ hosts }: GatewayServer, namespace: string): readonly string[] {
  return hosts.flatMap((host) => {
    const slash = host.indexOf("/");
    if (slash < 0) return [host];
    return host.slice(0, slash) === namespace ? [host.slice(slash + 1)] : [];
  });
}
