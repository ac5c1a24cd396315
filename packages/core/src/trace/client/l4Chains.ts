import {
  hostsOverlap,
  type L4Match,
  type L4Route,
  matchTold,
  meshGateway,
  type Placed,
  type RoutingProxy,
  whyUntold,
} from "../../istio/index.ts";
import { isTls, type MeshPort, type MeshService } from "../../istio/registry/index.ts";
import type { EgressListener } from "../../istio/scope/index.ts";

/** A filter chain of a TCP listener: whom it takes, and the weighted destinations of what it takes. */
export interface L4Chain {
  readonly kind: "tcp";
  readonly service: MeshService;
  readonly port: MeshPort;
  /** Empty: any, and no SNI. */
  readonly sniHosts: readonly string[];
  /** Empty: any. */
  readonly cidrs: readonly string[];
  /** Undefined: straight to the service's own port. */
  readonly route: Placed<L4Route> | undefined;
  /** Why it cannot be told whether the route is for this proxy. */
  readonly untold?: string;
}

export interface L4ChainInput {
  readonly proxy: RoutingProxy;
  /** Of the egress listener. */
  readonly virtualServices: EgressListener["virtualServices"];
  readonly service: MeshService;
  readonly port: MeshPort;
  /** That of the service, where it has any, which then distinguish it on a listener for all addresses. */
  readonly cidrs: readonly string[];
  /** Whether the listener takes all addresses, so that only SNI tells its services apart. */
  readonly isWildcardBind: boolean;
}

/** pilot/pkg/networking/core/tls.go: the TLS or TCP routes of VirtualServices for the host, else the host itself. */
export function l4Chains(input: L4ChainInput): readonly L4Chain[] {
  const { virtualServices, service, port } = input;
  const concerned = virtualServices.filter(({ hosts }) => hosts.some((host) => hostsOverlap(host, service.host)));
  const routes = concerned.flatMap(({ tls, tcp }) => (isTls(port.protocol) ? tls : tcp));
  return isTls(port.protocol) ? tlsChains(input, routes) : tcpChains(input, routes);
}

function tlsChains(input: L4ChainInput, routes: readonly Placed<L4Route>[]): readonly L4Chain[] {
  const { service, port } = input;
  const chains: L4Chain[] = [];
  const handled = new Set<string>();
  for (const route of routes.filter(({ value }) => (value.route ?? []).length > 0)) {
    for (const match of route.value.match ?? []) {
      const holds = holdsForProxy(match, input);
      if (holds === false) continue;
      const subnets = match.destinationSubnets ?? [];
      const key = `${(match.sniHosts ?? []).join(",")}|${subnets.join(",")}`;
      if (handled.has(key)) continue;
      handled.add(key);
      const cidrs = subnets.length > 0 ? subnets : input.cidrs;
      chains.push({
        kind: "tcp",
        service,
        port,
        sniHosts: match.sniHosts ?? [],
        cidrs,
        route,
        ...untoldOf(holds, match, input),
      });
    }
  }
  if (chains.length > 0) return chains;
  const needsSni = input.cidrs.length > 0 || (input.isWildcardBind && service.addresses.length === 0);
  const sniHosts = needsSni ? [service.host, ...service.aliases] : [];
  return [{ kind: "tcp", service, port, sniHosts, cidrs: input.cidrs, route: undefined }];
}

function tcpChains(input: L4ChainInput, routes: readonly Placed<L4Route>[]): readonly L4Chain[] {
  const { service, port, cidrs } = input;
  const chains: L4Chain[] = [];
  for (const route of routes.filter(({ value }) => (value.route ?? []).length > 0)) {
    const matches = route.value.match ?? [];
    const holding = matches.filter((match) => holdsForProxy(match, input) !== false);
    const untold = holding
      .map((match) => untoldOf(holdsForProxy(match, input), match, input))
      .find(({ untold }) => untold);
    const subnets = holding.flatMap(({ destinationSubnets = [] }) => destinationSubnets);
    if (matches.length === 0 || holding.some(({ destinationSubnets = [] }) => destinationSubnets.length === 0)) {
      return [...chains, { kind: "tcp", service, port, sniHosts: [], cidrs, route, ...untold }];
    }
    if (subnets.length > 0) chains.push({ kind: "tcp", service, port, sniHosts: [], cidrs: subnets, route, ...untold });
  }
  return [...chains, { kind: "tcp", service, port, sniHosts: [], cidrs, route: undefined }];
}

/** matchTLS, matchTCP: other than for HTTP, source and gateway must both fit. */
function holdsForProxy(match: L4Match, { proxy, port }: L4ChainInput): boolean | undefined {
  const gateways = match.gateways ?? [];
  const others =
    (gateways.length === 0 || gateways.includes(meshGateway)) &&
    (match.port === undefined || match.port === 0 || match.port === port.number) &&
    (match.sourceNamespace === undefined || match.sourceNamespace === "" || match.sourceNamespace === proxy.namespace);
  return others && matchTold(match.sourceLabels ?? {}, proxy);
}

function untoldOf(
  holds: boolean | undefined,
  { sourceLabels = {} }: L4Match,
  { proxy }: L4ChainInput,
): Pick<L4Chain, "untold"> {
  return holds === undefined ? { untold: whyUntold(sourceLabels, proxy) } : {};
}
