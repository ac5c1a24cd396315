import ipaddr from "ipaddr.js";
import {
  capturesDns,
  type IstioCluster,
  keptBy,
  memoisedBy,
  type Payload,
  type RoutingProxy,
  routingProxy,
  rowOf,
  type Workload,
} from "../../istio/index.ts";
import {
  endpointsOf,
  isHttp,
  isIp,
  isTcp,
  type MeshPort,
  type MeshService,
  type NamedAddress,
  type Protocol,
} from "../../istio/registry/index.ts";
import { type EgressListener, egressOf, type ProxyScope, type ScopeKey } from "../../istio/scope/index.ts";
import { type L4Chain, l4Chains } from "./l4Chains.ts";

/** HTTP that a listener routes: by all virtual hosts of its port, or those of one service where its protocol is sniffed. */
export interface HttpChain {
  readonly kind: "http";
  /** Which of the proxy's egress listeners it is of. */
  readonly egress: number;
  readonly port: number;
  /** Undefined: the port's shared virtual hosts. */
  readonly only: MeshService | undefined;
  /** Takes plain HTTP only, as the HTTP inspector finds it. */
  readonly isSniffed: boolean;
}

export type Chain = HttpChain | L4Chain;

/** What takes a connection of a sidecar's client; `undefined`: no chain, so that it passes through or is dropped. */
export interface TakenBy {
  readonly chain: Chain | undefined;
  /** The listener's address: a virtual IP, or 0.0.0.0; undefined where there is no listener of the port. */
  readonly bind: string | undefined;
}

/** A service's port that has a part in a listener, in order of their addition. */
interface Part {
  /** Which listener of the Sidecar; its port, where it has one; the address, where it is told. */
  readonly egress: number;
  readonly listenerPort: number | undefined;
  readonly boundTo: string | undefined;
  readonly service: MeshService;
  readonly port: MeshPort;
  readonly protocol: Protocol;
  readonly cidrs: readonly string[];
}

interface ListenerEntry {
  readonly parts: Part[];
  protocol: Protocol;
  isLocked: boolean;
}

const anyAddress = "0.0.0.0";

/**
 * The listener and filter chain of a sidecar for a connection to `address:port`. pilot/pkg/networking/core/listener.go,
 * buildSidecarOutboundListeners: an HTTP port is one listener for all addresses, a TCP port one for each virtual address.
 */
export function takenBy(
  scope: ProxyScope,
  proxy: Workload,
  { address, port, payload }: { readonly address: NamedAddress; readonly port: number; readonly payload: Payload },
): TakenBy {
  const { cluster, key } = scope;
  const at = portOfSight(sightOf(key, capturesDns(cluster, proxy)), port);
  const listener = (by: string) => {
    const entry = listenerRow(cluster, at, by);
    return entry && { bind: by, entry };
  };
  const found = listener(address.address) ?? listener(anyAddress);
  if (found === undefined) return { chain: undefined, bind: undefined };
  const { entry, bind } = found;
  const chains = chainsOf(entry, { proxy: routingProxy(cluster, proxy), scope }, bind);
  return { chain: chooseChain(chains, address.address, payload), bind };
}

/** What proxies of a scope have in common that have their DNS captured, or not. */
export interface Sight {
  readonly key: ScopeKey;
  readonly capturesDns: boolean;
}

export const sightOf = memoisedBy((key: ScopeKey, capturesDns: boolean): Sight => ({ key, capturesDns }));

export const portOfSight = memoisedBy((sight: Sight, port: number) => ({ sight, port }));

const listenersOfPort = keptBy((cluster, { sight, port }: ReturnType<typeof portOfSight>) => {
  const listeners = new Map<string, ListenerEntry>();
  for (const [index, egress] of egressOf(cluster, sight.key).entries()) {
    if (egress.port === undefined) for (const entry of listeners.values()) entry.isLocked = true;
    else if (egress.port.number !== port) continue;
    for (const service of egress.services) {
      for (const part of partsOf(egress, index, { service, number: port })) {
        add(listeners, binds(cluster, sight, part), part);
      }
    }
  }
  return listeners;
});

const listenerRow = rowOf(listenersOfPort);

/** A listener with a port of its own has the protocol that the Sidecar gives it. */
function partsOf(
  egress: EgressListener,
  index: number,
  { service, number }: { readonly service: MeshService; readonly number: number },
): readonly Part[] {
  const of = { egress: index, listenerPort: egress.port?.number, boundTo: egress.bind, service, cidrs: [] };
  if (egress.port !== undefined) {
    const own = service.ports.find((each) => each.number === number) ?? service.ports[0];
    if (own === undefined) return [];
    const port = { ...own, number: service.ports.length === 1 ? own.number : number, protocol: egress.port.protocol };
    return [{ ...of, port, protocol: egress.port.protocol }];
  }
  return service.ports
    .filter((port) => port.number === number)
    .map((port) => ({ ...of, port, protocol: port.protocol }));
}

/** buildSidecarOutboundListener: where several want one address, protocols are sniffed, and the first of two TCP ports wins. */
function add(listeners: Map<string, ListenerEntry>, places: readonly Bind[], part: Part): void {
  if (part.service.resolution === "alias" || part.protocol === "UDP") return;
  for (const { bind, cidrs } of places) {
    const own = { ...part, cidrs };
    const before = listeners.get(bind);
    if (before === undefined) {
      // Beside HTTP anything else that is sent to all addresses of the port passes through.
      const isShared = bind === anyAddress && isHttp(part.protocol);
      listeners.set(bind, { parts: [own], protocol: isShared ? "Auto" : part.protocol, isLocked: false });
      continue;
    }
    if (before.isLocked || isWellKnownConflict(part.protocol, before.protocol)) continue;
    if (isHttp(part.protocol) && !isTcp(before.protocol)) continue;
    if (part.protocol === "Auto" && before.protocol === "Auto") continue;
    if (part.protocol === "Auto" && isHttp(before.protocol)) {
      listeners.set(bind, { parts: [own], protocol: "Auto", isLocked: false });
      continue;
    }
    const mixes = isTcp(part.protocol) !== isTcp(before.protocol);
    before.parts.push(own);
    if (mixes) before.protocol = "Auto";
  }
}

/** Server-first protocols bear no inspection. */
function isWellKnownConflict(incoming: Protocol, existing: Protocol): boolean {
  const serverFirst = (protocol: Protocol) => protocol === "Mongo" || protocol === "MySQL";
  return (serverFirst(incoming) || serverFirst(existing)) && incoming !== existing;
}

interface Bind {
  readonly bind: string;
  readonly cidrs: readonly string[];
}

function binds(cluster: IstioCluster, sight: Sight, { boundTo, service, port, protocol }: Part): readonly Bind[] {
  if (boundTo !== undefined && boundTo !== "") return [{ bind: boundTo, cidrs: [] }];
  if (isHttp(protocol)) return [{ bind: anyAddress, cidrs: [] }];
  const addresses = addressesFor(sight, service);
  if (addresses.length === 0 && service.resolution === "passthrough") return headlessBinds(cluster, service, port);
  if (addresses.length === 0) return [{ bind: anyAddress, cidrs: [] }];
  const ranges = addresses.filter((address) => address.includes("/"));
  return [
    ...addresses.filter((address) => !address.includes("/")).map((bind) => ({ bind, cidrs: [] })),
    ...(ranges.length === 0 ? [] : [{ bind: anyAddress, cidrs: ranges }]),
  ];
}

/** pilot/pkg/model/service.go, GetAddressForProxy: Istio's own addresses are for clients with DNS capture. */
export function addressesFor({ capturesDns }: Sight, service: MeshService): readonly string[] {
  if (service.addresses.length > 0) return service.addresses;
  return service.autoAddress !== undefined && capturesDns ? [service.autoAddress] : [];
}

/** One listener for each pod; a ServiceEntry of resolution NONE without endpoints takes all addresses. */
function headlessBinds(cluster: IstioCluster, service: MeshService, port: MeshPort): readonly Bind[] {
  const { endpoints } = endpointsOf(cluster, service, port);
  if (endpoints.length === 0) {
    return service.isKubernetes || service.selector !== undefined ? [] : [{ bind: anyAddress, cidrs: [] }];
  }
  return endpoints.flatMap(({ address, workload }) => {
    const bind = address ?? (workload === undefined ? undefined : `pod:${workload.namespace}/${workload.name}`);
    return bind === undefined ? [] : [{ bind, cidrs: [] }];
  });
}

/** The chains of a listener, of those that match alike the first only (mergeTCPFilterChains). */
interface At {
  readonly proxy: RoutingProxy;
  readonly scope: ProxyScope;
}

function chainsOf({ parts }: ListenerEntry, at: At, bind: string): readonly Chain[] {
  const chains: Chain[] = [];
  const seen = new Set<string>();
  for (const part of parts) {
    for (const chain of chainsOfPart(part, at, bind)) {
      const key =
        chain.kind === "http" ? "http" : JSON.stringify([[...chain.sniHosts].sort(), [...chain.cidrs].sort()]);
      if (seen.has(key)) continue;
      seen.add(key);
      chains.push(chain);
    }
  }
  return chains;
}

function chainsOfPart(
  { egress, listenerPort, service, port, protocol, cidrs }: Part,
  { proxy, scope }: At,
  bind: string,
): readonly Chain[] {
  const isWildcardBind = bind === anyAddress;
  const http: HttpChain = {
    kind: "http",
    egress,
    port: listenerPort ?? port.number,
    only: protocol === "Auto" && !isWildcardBind ? service : undefined,
    isSniffed: protocol === "Auto" || isWildcardBind,
  };
  if (isHttp(protocol)) return [http];
  const { virtualServices = [] } = egressOf(scope.cluster, scope.key)[egress] ?? {};
  const l4 = l4Chains({ proxy, virtualServices, service, port, cidrs, isWildcardBind });
  return protocol === "Auto" ? [...l4, http] : l4;
}

/**
 * As Envoy matches filter chains: by the destination's address, then SNI, then what was sniffed; each step takes the closest
 * and does not come back. https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/listener/v3/listener_components.proto
 */
function chooseChain(chains: readonly Chain[], address: string, payload: Payload): Chain | undefined {
  const byAddress = closestAddress(chains, address);
  const sni = payload.kind === "tls" ? payload.sni.toLowerCase() : "";
  const inspects = chains.some((chain) => chain.kind === "tcp" && chain.sniHosts.length > 0);
  const bySni = closestSni(byAddress, inspects ? sni : "");
  const isPlainHttp = payload.kind === "http";
  const http = bySni.find((chain) => chain.kind === "http" && (!chain.isSniffed || isPlainHttp));
  return http ?? bySni.find((chain) => chain.kind === "tcp");
}

function closestAddress(chains: readonly Chain[], address: string): readonly Chain[] {
  let best = -1;
  const bits = new Map<Chain, number>();
  for (const chain of chains) {
    const found =
      chain.kind === "http" || chain.cidrs.length === 0 ? [0] : chain.cidrs.map((cidr) => matchedBits(cidr, address));
    const most = Math.max(...found);
    bits.set(chain, most);
    best = Math.max(best, most);
  }
  return chains.filter((chain) => best >= 0 && bits.get(chain) === best);
}

/** -1: the address is outside. */
function matchedBits(cidr: string, address: string): number {
  if (!isIp(address)) return -1;
  try {
    const [base, length] = ipaddr.parseCIDR(cidr.includes("/") ? cidr : `${cidr}/32`);
    const parsed = ipaddr.parse(address);
    return parsed.kind() === base.kind() && parsed.match(base, length) ? length : -1;
  } catch {
    return -1;
  }
}

function closestSni(chains: readonly Chain[], sni: string): readonly Chain[] {
  const hostsOf = (chain: Chain) => (chain.kind === "http" || chain.sniHosts.includes("*") ? [] : chain.sniHosts);
  const withHost = (wanted: string) =>
    chains.filter((chain) => hostsOf(chain).some((host) => host.toLowerCase() === wanted));
  const wanted = sni === "" ? [] : [sni, ...suffixes(sni).map((suffix) => `*.${suffix}`)];
  for (const each of wanted) {
    const found = withHost(each);
    if (found.length > 0) return found;
  }
  return chains.filter((chain) => hostsOf(chain).length === 0);
}

/** `b.c` and `c` of `a.b.c`. */
function suffixes(name: string): readonly string[] {
  const labels = name.split(".");
  return labels.slice(1).map((_, index) => labels.slice(index + 1).join("."));
}
