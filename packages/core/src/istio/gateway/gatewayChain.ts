import { askBy, keptBy, rowOf } from "../found.ts";
import { HostMap, isCoveredBy, isWildcard } from "../hostNames.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { memoisedBy } from "../memoised.ts";
import type { MeshPort, MeshService } from "../registry/meshService.ts";
import { destinationRuleFor } from "../scope/destinationRules.ts";
import { proxyScope, servicesOf } from "../scope/proxyScope.ts";
import { parsePassthroughSni, passthroughSni } from "../sni.ts";
import type { Workload } from "../workload.ts";
import type { GatewayPod } from "./gatewayPod.ts";
import { type GatewayL4Route, gatewayTcpRoute, gatewayTlsRoutes } from "./gatewayVirtualServices.ts";
import { type GatewayServer, isHttpServer, isPassthrough, mergedGateway } from "./mergedGateway.ts";

/** What a gateway's listener does with a connection that a filter chain takes. */
export type GatewayChain =
  /** Plain HTTP, or TLS that the gateway ends. */
  | { readonly kind: "http"; readonly server: GatewayServer; readonly endsTls: boolean }
  | { readonly kind: "tcp"; readonly server: GatewayServer; readonly endsTls: boolean; readonly route: GatewayL4Route }
  /** TLS goes on as it is, to where a VirtualService says. */
  | { readonly kind: "passthrough"; readonly server: GatewayServer; readonly route: GatewayL4Route }
  /** TLS goes on as it is, to the service that its SNI names. */
  | { readonly kind: "auto"; readonly server: GatewayServer; readonly target: PassthroughTarget };

export interface PassthroughTarget {
  readonly service: MeshService;
  readonly port: MeshPort;
  readonly subset: string | undefined;
}

export type ChainChoice =
  | { readonly kind: "chain"; readonly chain: GatewayChain }
  /** The listener has no chain for this connection. */
  | { readonly kind: "no chain" }
  /** istiod makes no listener: no server of it has anything to forward to. */
  | { readonly kind: "no listener" }
  /** Two chains match alike, and Envoy rejects the listener. */
  | { readonly kind: "rejected"; readonly servers: readonly [GatewayServer, GatewayServer]; readonly sni: string };

interface Candidate {
  readonly sni: readonly string[];
  readonly chain: GatewayChain;
}

const istioAlpn = ["istio", "istio-peer-exchange", "istio-http/1.0", "istio-http/1.1", "istio-h2"];

/**
 * The filter chain for a connection: pilot/pkg/networking/core/gateway.go, buildGatewayTCPBasedFilterChains, and Envoy's
 * matching, which settles on the most specific server name before it looks at the ALPN. `sni` is undefined without TLS.
 */
export function gatewayChain(
  pod: GatewayPod,
  listener: GatewayListener,
  connection: { readonly sni: string | undefined; readonly alpn: readonly string[] | undefined },
): ChainChoice {
  const { plain, chainFor, passed, fault } = listener;
  if (plain !== undefined) return { kind: "chain", chain: { kind: "http", server: plain, endsTls: false } };
  if (fault !== undefined) return fault;
  const { alpn = [] } = connection;
  // Envoy's TLS inspector makes it lower case.
  const sni = (connection.sni ?? "").toLowerCase();
  const auto = passthroughChain(pod, passed, sni);
  if (auto !== undefined) {
    return alpn.some((each) => istioAlpn.includes(each)) ? { kind: "chain", chain: auto } : { kind: "no chain" };
  }
  const chain = chainFor(sni);
  return chain === undefined ? { kind: "no chain" } : { kind: "chain", chain };
}

/** A port of a gateway's pod, made ready for any number of connections. */
export interface GatewayListener {
  readonly servers: readonly GatewayServer[];
  /** Plain HTTP has one chain for all. */
  readonly plain: GatewayServer | undefined;
  /** Of all others, the one with the closest name: an exact one before wildcards, longer ones before shorter ones. */
  readonly chainFor: (sni: string) => GatewayChain | undefined;
  /** What an AUTO_PASSTHROUGH server has a filter chain for, by host. */
  readonly passed: (host: string) => Passed | undefined;
  readonly fault: ChainChoice | undefined;
}

interface Passed {
  readonly service: MeshService;
  readonly server: GatewayServer;
}

/** Undefined where no server of the pod's Gateways is for the port. */
export function gatewayListener({ cluster, workload }: GatewayPod, port: number): GatewayListener | undefined {
  return listenerAt(podOf(cluster, workload), port);
}

const podOf = memoisedBy((cluster: IstioCluster, workload: Workload): GatewayPod => ({ cluster, workload }));

const listenerAt = memoisedBy((pod: GatewayPod, port: number): GatewayListener | undefined => {
  const { cluster, workload } = pod;
  const servers = serversAt(cluster, [workload, port]);
  if (servers.length === 0) return undefined;
  const plain = servers.find(({ server }) => isHttpServer(server.port.protocol));
  const candidates = servers.flatMap((server) => candidatesOf(pod, server));
  const at = [workload, port] as const;
  const { fault: twice = sameName(candidates), isEmpty } = whatPasses(cluster, at);
  const fault: ChainChoice | undefined =
    twice ?? (isEmpty && candidates.length === 0 ? { kind: "no listener" } : undefined);
  return { servers, plain, chainFor: closestChains(candidates), passed: (host) => passedRow(cluster, at, host), fault };
});

type PortOfPod = readonly [workload: Workload, port: number];

function serversAt(cluster: IstioCluster, [workload, port]: PortOfPod): readonly GatewayServer[] {
  return mergedGateway(cluster, workload).servers.filter(
    (each) => each.port === port && ["", "0.0.0.0", "::", workload.address].includes(each.bind),
  );
}

const passedAt = keptBy((cluster, at: PortOfPod) => {
  const passed = new Map<string, Passed>();
  const fault = pass({ cluster, workload: at[0] }, serversAt(cluster, at), passed);
  return { passed, fault };
});

const passedRow = rowOf((cluster, at: PortOfPod) => passedAt(cluster, at).passed);

const whatPasses = askBy((cluster, at: PortOfPod) => {
  const { passed, fault } = passedAt(cluster, at);
  return { fault, isEmpty: passed.size === 0 };
});

/** Chains by server name, so that no connection has to look through the hosts of all servers. */
function closestChains(candidates: readonly Candidate[]): GatewayListener["chainFor"] {
  const index = new HostMap<GatewayChain>();
  for (const { sni, chain } of candidates) {
    for (const host of sni.map((each) => each.toLowerCase())) if (index.get(host) === undefined) index.set(host, chain);
  }
  return (sni) => (sni === "" ? index.get("*") : index.mostSpecific(sni));
}

function candidatesOf(pod: GatewayPod, server: GatewayServer): readonly Candidate[] {
  const { tls, port } = server.server;
  const sni = sniHosts(server);
  if (tls === undefined) {
    const route = gatewayTcpRoute(pod, server);
    return route === undefined ? [] : [{ sni: ["*"], chain: { kind: "tcp", server, endsTls: false, route } }];
  }
  if (tls.mode === "AUTO_PASSTHROUGH") return [];
  if (isPassthrough(server.server)) {
    return gatewayTlsRoutes(pod, server).map((route) => ({
      sni: route.sniHosts,
      chain: { kind: "passthrough", server, route },
    }));
  }
  if (port.protocol.toUpperCase() === "HTTPS") return [{ sni, chain: { kind: "http", server, endsTls: true } }];
  const route = gatewayTcpRoute(pod, server);
  return route === undefined ? [] : [{ sni, chain: { kind: "tcp", server, endsTls: true, route } }];
}

/** Without the namespaces. */
export function sniHosts({ hosts }: GatewayServer): readonly string[] {
  return [...new Set(hosts.map((host) => host.slice(host.indexOf("/") + 1)))];
}

/** What an AUTO_PASSTHROUGH server has filter chains for: services that the gateway's namespace sees, of the mesh only. */
function passedServices({ cluster, workload }: GatewayPod, server: GatewayServer): readonly MeshService[] {
  const services = servicesOf(cluster, proxyScope(cluster, workload).key);
  const hosts = sniHosts(server);
  const wildcards = hosts.filter(isWildcard);
  const named =
    wildcards.length === 0
      ? hosts.flatMap((host) => services.get(host) ?? [])
      : [...services.values()].filter(({ host }) => hosts.some((each) => isCoveredBy(host, each)));
  return named.filter(({ isExternal, ports }) => !isExternal && ports.some(({ protocol }) => protocol !== "UDP"));
}

function passthroughChain(
  pod: GatewayPod,
  passed: GatewayListener["passed"],
  sni: string,
): Extract<GatewayChain, { kind: "auto" }> | undefined {
  const named = parsePassthroughSni(sni);
  const found = passed(named?.host ?? "");
  const port = found?.service.ports.find(({ number, protocol }) => number === named?.port && protocol !== "UDP");
  if (named === undefined || found === undefined || port === undefined) return undefined;
  const { server, service } = found;
  if (named.subset === "") return { kind: "auto", server, target: { service, port, subset: undefined } };
  const rule = destinationRuleFor(pod.cluster, pod.workload, service);
  if (rule?.subsets.some(({ subset }) => subset.name === named.subset) !== true) return undefined;
  return { kind: "auto", server, target: { service, port, subset: named.subset } };
}

/** Fills `passed`; a host that two servers have is a fault. */
function pass(
  pod: GatewayPod,
  servers: readonly GatewayServer[],
  passed: Map<string, Passed>,
): ChainChoice | undefined {
  for (const server of servers.filter(({ server: { tls } }) => tls?.mode === "AUTO_PASSTHROUGH")) {
    for (const service of passedServices(pod, server)) {
      const { host, ports } = service;
      const other = passed.get(host);
      const sni = passthroughSni(host, ports[0]?.number ?? 0);
      if (other !== undefined) return { kind: "rejected", servers: [other.server, server], sni };
      passed.set(host, { service, server });
    }
  }
  return undefined;
}

/** `one/foo.com` and `two/foo.com` are different hosts to istiod, and one server name to Envoy. */
function sameName(candidates: readonly Candidate[]): ChainChoice | undefined {
  const seen = new Map<string, GatewayServer>();
  for (const { sni, chain } of candidates) {
    for (const host of sni) {
      const other = seen.get(host);
      if (other !== undefined) return { kind: "rejected", servers: [other, chain.server], sni: host };
      seen.set(host, chain.server);
    }
  }
  return undefined;
}
