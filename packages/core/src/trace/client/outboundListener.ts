import ipaddr from "ipaddr.js";
import {
  capturesDns,
  memoisedBy,
  type Payload,
  type RoutingProxy,
  routingProxy,
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
import type { EgressListener, ProxyScope } from "../../istio/scope/index.ts";
import { type L4Chain, l4Chains } from "./l4Chains.ts";

/** HTTP that a listener routes: by all virtual hosts of its port, or those of one service where its protocol is sniffed. */
export interface HttpChain {
  readonly kind: "http";
  readonly egress: EgressListener;
  readonly port: number;
  /** Undefined: the port's shared virtual hosts. */
  readonly only: MeshService | undefined;
  /** Takes plain HTTP only, as the HTTP inspector finds it. */
  readonly isSniffed: boolean;
}

export type Chain = HttpChain | (L4Chain & { readonly egress: EgressListener });

/** What takes a connection of a sidecar's client; `undefined`: no chain, so that it passes through or is dropped. */
export interface TakenBy {
  readonly chain: Chain | undefined;
  /** The listener's address: a virtual IP, or 0.0.0.0; undefined where there is no listener of the port. */
  readonly bind: string | undefined;
}

/** A service's port that has a part in a listener, in order of their addition. */
interface Part {
  readonly egress: EgressListener;
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
  const listeners = listenersOfPort(sightOf(scope, capturesDns(scope.cluster, proxy)), port);
  const bind = listeners.has(address.address) ? address.address : listeners.has(anyAddress) ? anyAddress : undefined;
  const entry = bind === undefined ? undefined : listeners.get(bind);
  if (bind === undefined || entry === undefined) return { chain: undefined, bind: undefined };
  return {
    chain: chooseChain(chainsOf(entry, routingProxy(scope.cluster, proxy), bind), address.address, payload),
    bind,
  };
}

/** What proxies of a scope have in common that have their DNS captured, or not. */
export interface Sight {
  readonly scope: ProxyScope;
  readonly capturesDns: boolean;
}

export const sightOf = memoisedBy((scope: ProxyScope, capturesDns: boolean): Sight => ({ scope, capturesDns }));

const listenersOfPort = memoisedBy((sight: Sight, port: number): ReadonlyMap<string, ListenerEntry> => {
  const listeners = new Map<string, ListenerEntry>();
  for (const egress of sight.scope.egress) {
    if (egress.port === undefined) for (const entry of listeners.values()) entry.isLocked = true;
    else if (egress.port.number !== port) continue;
    for (const service of egress.services) {
      for (const part of partsOf(egress, { service, number: port })) add(listeners, sight, part);
    }
  }
  return listeners;
});

/** A listener with a port of its own has the protocol that the Sidecar gives it. */
function partsOf(
  egress: EgressListener,
  { service, number }: { readonly service: MeshService; readonly number: number },
): readonly Part[] {
  if (egress.port !== undefined) {
    const own = service.ports.find((each) => each.number === number) ?? service.ports[0];
    if (own === undefined) return [];
    const port = { ...own, number: service.ports.length === 1 ? own.number : number, protocol: egress.port.protocol };
    return [{ egress, service, port, protocol: egress.port.protocol, cidrs: [] }];
  }
  return service.ports
    .filter((port) => port.number === number)
    .map((port) => ({ egress, service, port, protocol: port.protocol, cidrs: [] }));
}

/** buildSidecarOutboundListener: where several want one address, protocols are sniffed, and the first of two TCP ports wins. */
function add(listeners: Map<string, ListenerEntry>, sight: Sight, part: Part): void {
  if (part.service.resolution === "alias" || part.protocol === "UDP") return;
  for (const { bind, cidrs } of binds(sight, part)) {
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

function binds(sight: Sight, { egress, service, port, protocol }: Part): readonly Bind[] {
  if (egress.bind !== undefined && egress.bind !== "") return [{ bind: egress.bind, cidrs: [] }];
  if (isHttp(protocol)) return [{ bind: anyAddress, cidrs: [] }];
  const addresses = addressesFor(sight, service);
  if (addresses.length === 0 && service.resolution === "passthrough") return headlessBinds(sight.scope, service, port);
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
function headlessBinds(scope: ProxyScope, service: MeshService, port: MeshPort): readonly Bind[] {
  const { endpoints } = endpointsOf(scope.cluster, service, port);
  if (endpoints.length === 0) {
    return service.isKubernetes || service.selector !== undefined ? [] : [{ bind: anyAddress, cidrs: [] }];
  }
  return endpoints.flatMap(({ address, workload }) => {
    const bind = address ?? (workload === undefined ? undefined : `pod:${workload.namespace}/${workload.name}`);
    return bind === undefined ? [] : [{ bind, cidrs: [] }];
  });
}

/** The chains of a listener, of those that match alike the first only (mergeTCPFilterChains). */
function chainsOf({ parts }: ListenerEntry, proxy: RoutingProxy, bind: string): readonly Chain[] {
  const chains: Chain[] = [];
  const seen = new Set<string>();
  for (const part of parts) {
    for (const chain of chainsOfPart(part, proxy, bind)) {
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
  { egress, service, port, protocol, cidrs }: Part,
  proxy: RoutingProxy,
  bind: string,
): readonly Chain[] {
  const isWildcardBind = bind === anyAddress;
  const number = egress.port?.number ?? port.number;
  const http: HttpChain = {
    kind: "http",
    egress,
    port: number,
    only: protocol === "Auto" && !isWildcardBind ? service : undefined,
    isSniffed: protocol === "Auto" || isWildcardBind,
  };
  if (isHttp(protocol)) return [http];
  const l4 = l4Chains({ proxy, egress, service, port, cidrs, isWildcardBind }).map((chain) => ({ ...chain, egress }));
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
