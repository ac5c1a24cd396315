import ipaddr from "ipaddr.js";
import { say } from "../../findings/index.ts";
import { isCoveredBy, isIn } from "../../istio/index.ts";
import { endpointsOf, type MeshService, type NamedAddress } from "../../istio/registry/index.ts";
import { destinationRuleFor, effectivePolicy } from "../../istio/scope/index.ts";
import { clusterObject } from "../../kinds/index.ts";
import { broken } from "../hop.ts";
import type { BrokenHop } from "../traceResult.ts";
import type { L4Chain } from "./l4Chains.ts";
import type { Walk } from "./walk.ts";

export interface Taken {
  readonly address: NamedAddress;
  /** What the name that is called belongs to, where that is known. */
  readonly service: MeshService | undefined;
  readonly chain: L4Chain;
  /** `listener 0.0.0.0_443`, for people. */
  readonly where: string;
}

/**
 * A TCP listener knows of a connection its address alone: a service without addresses takes all that come to its port
 * (pilot/pkg/networking/core/listener.go, buildSidecarOutboundListener), and of two with one address the first takes both's.
 * Then the call ends at another server than was asked for. Undefined: it does not.
 */
export function wrongListener(walk: Walk, { address, service, chain, where }: Taken): BrokenHop | undefined {
  const taker = chain.service;
  const { cluster, request } = walk;
  if (isAskedFor(walk, { address, service, chain }) || goesOn(walk, chain)) return undefined;
  const object = clusterObject(cluster.name, taker.object);
  const { host, port } = request.url;
  const isShared = taker.addresses.length > 0 || taker.autoAddress === address.address;
  return broken({
    name: "listener",
    cluster: cluster.name,
    object,
    field: "spec.addresses",
    code: "TRACE_ELSEWHERE",
    detail: isShared
      ? say`${where} leads calls of ${{ host }}:${{ port }} to ${{ host2: taker.host }}: ${{ object }} has the same address and came first`
      : say`${where} leads calls of ${{ host }}:${{ port }} to ${{ host2: taker.host }}: ${{ object }} has no address, so that it takes all TCP at port ${{ port }}`,
    fix: isShared
      ? say`Give ${{ object }} an address of its own.`
      : say`Give ${{ object }} spec.addresses, let sidecars capture DNS, or declare port ${{ port }} as TLS, which is told apart by its SNI.`,
    source: "pilot/pkg/networking/core/listener.go",
  });
}

/** By name, by SNI, or by an address that it has. */
function isAskedFor(
  { request }: Walk,
  { address, service, chain }: Pick<Taken, "address" | "service" | "chain">,
): boolean {
  if (chain.sniHosts.length > 0) return true;
  const taker = chain.service;
  const name = request.url.host.toLowerCase().replace(/\.$/, "");
  const hosts = [taker.host, ...taker.aliases].map((each) => each.toLowerCase());
  // Of an ExternalName Service, what it leads to is asked for.
  const names = [name, address.address.toLowerCase()];
  if (hosts.some((host) => names.some((each) => isCoveredBy(each, host)) || host === service?.host.toLowerCase()))
    return true;
  if (service?.aliasOf !== undefined && hosts.includes(service.aliasOf.toLowerCase())) return true;
  if (service !== undefined) return false;
  const own = taker.addresses.some((each) => each === address.address || isIn(each, address.address));
  return own || (ipaddr.isValid(address.address) && taker.autoAddress === address.address);
}

/** The proxy goes on to the address that the client dialled, or to an endpoint that has it. */
function goesOn({ cluster, caller, request }: Walk, { service, port, route }: L4Chain): boolean {
  if (route !== undefined) return false;
  if (service.resolution === "passthrough") return true;
  const rule = destinationRuleFor(cluster, caller, service);
  const { policy } = effectivePolicy(rule?.trafficPolicy, undefined, port.number);
  if (policy.loadBalancer?.simple === "PASSTHROUGH") return true;
  const dialled = request.from.resolved ?? request.url.host;
  return endpointsOf(cluster, service, port).endpoints.some(({ address }) => address === dialled);
}

/**
 * Of HTTP the Host header decides. A name that belongs to a service, at a port that this one lacks, may be covered by the
 * wildcard of another, and a listener for one address routes for its own service alone.
 */
export function wrongVirtualHost(
  { cluster, request }: Walk,
  { service, taker }: { readonly service: MeshService | undefined; readonly taker: MeshService },
): BrokenHop | undefined {
  // Whoever sends a Host header of their own asks for that.
  if (service === undefined || request.headers.host !== undefined) return undefined;
  const hosts = [taker.host, ...taker.aliases];
  if (hosts.includes(service.host) || (service.aliasOf !== undefined && hosts.includes(service.aliasOf)))
    return undefined;
  const object = clusterObject(cluster.name, taker.object);
  const { host, port } = request.url;
  return broken({
    name: "route",
    cluster: cluster.name,
    object,
    field: "spec.hosts",
    code: "TRACE_ELSEWHERE",
    detail: say`${{ host }}:${{ port }} is meant for ${{ host2: service.host }}, and goes to ${{ host3: taker.host }} of ${{ object }}`,
    fix: say`Declare port ${{ port }} for ${{ host: service.host }}, or take its name out of what ${{ object }} has.`,
    source: "pilot/pkg/networking/core/httproute.go",
  });
}
