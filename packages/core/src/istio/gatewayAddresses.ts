import ipaddr from "ipaddr.js";
import { isReady, type Node, type Service } from "../kinds/index.ts";
import type { MeshCluster } from "../model/index.ts";
import { parseHostPort } from "./hostPort.ts";
import type { IstioCluster } from "./istioCluster.ts";
import { labelsMatch } from "./labels.ts";
import { namedTargetPort, tcpPortOf } from "./registry/targetPort.ts";
import { localityOfNode } from "./topologyLabels.ts";

/** Where other clusters reach a gateway. */
export interface GatewayAddress {
  /** An IP address or, from a load balancer, a host name. */
  readonly address: string;
  readonly port: number;
  readonly isHostname: boolean;
  /** `region/zone`, as Istio writes it, where known. */
  readonly locality?: string;
}

export type GatewayFault = "no service" | "no port" | "no address";

export type GatewayAddresses =
  | { readonly addresses: readonly GatewayAddress[] }
  | { readonly fault: GatewayFault; readonly service?: string };

type GatewaySpec = Pick<MeshCluster["spec"]["eastWestGateway"], "namespace" | "selector" | "port" | "addresses">;

/**
 * The addresses of a gateway: those that the user gives, else what the gateway's Service shows: load balancer ingress,
 * external IPs, else the node port on every ready node (with externalTrafficPolicy Local only those that run the gateway).
 * Sorted; every one of them leads to the gateway.
 */
export function gatewayAddresses(
  facts: IstioCluster,
  gateway: GatewaySpec,
  declared: MeshCluster["spec"]["locality"],
): GatewayAddresses {
  const locality =
    declared === undefined ? commonLocality(facts.all("Node")) : showLocality(declared.region, declared.zone);
  if (gateway.addresses !== undefined) {
    return { addresses: sorted(gateway.addresses.map((given) => parseAddress(given, gateway.port, locality))) };
  }
  const services = gatewayServices(facts, gateway);
  if (services.length === 0) return { fault: "no service" };
  const withPort = services.filter((service) => tcpPortOf(service, gateway.port) !== undefined);
  if (withPort.length === 0) return { fault: "no port", service: services[0]?.metadata.name ?? "" };
  const addresses = withPort.flatMap((service) => serviceAddresses(facts, service, gateway, locality));
  return addresses.length === 0
    ? { fault: "no address", service: withPort[0]?.metadata.name ?? "" }
    : { addresses: sorted(addresses) };
}

/** Services that lead to the gateway's pods: their selector implies the gateway's, or selects pods that it selects. */
export function gatewayServices(
  facts: IstioCluster,
  gateway: Pick<GatewaySpec, "namespace" | "selector">,
): readonly Service[] {
  return facts.in("Service", gateway.namespace).filter((service) => {
    const selector = service.spec.selector ?? {};
    return (
      labelsMatch(gateway.selector, selector) ||
      facts.select(gateway.namespace, selector).some((workload) => labelsMatch(gateway.selector, workload.labels))
    );
  });
}

/** The Services that lead to the gateway's pods by this port. */
export function gatewayServiceNames(facts: IstioCluster, gateway: GatewaySpec): readonly string[] {
  return gatewayServices(facts, gateway)
    .filter((service) => tcpPortOf(service, gateway.port) !== undefined)
    .map(({ metadata }) => metadata.name);
}

/** The ports that the gateway's pods listen on for a port of its Services; a string is a name that the pods resolve. */
export function gatewayTargetPorts(facts: IstioCluster, gateway: GatewaySpec): readonly (number | string)[] {
  const targets = gatewayServices(facts, gateway).flatMap((service) => {
    const found = tcpPortOf(service, gateway.port);
    return found === undefined ? [] : [namedTargetPort(found)];
  });
  return [...new Set(targets)];
}

function serviceAddresses(
  facts: IstioCluster,
  service: Service,
  gateway: GatewaySpec,
  locality: string | undefined,
): readonly GatewayAddress[] {
  const ingress = (service.status?.loadBalancer?.ingress ?? []).flatMap((entry) => entry.ip ?? entry.hostname ?? []);
  const outside = [...ingress, ...(service.spec.externalIPs ?? [])];
  if (outside.length > 0) return outside.map((address) => gatewayAddress(address, gateway.port, locality));
  const nodePort = tcpPortOf(service, gateway.port)?.nodePort;
  if (nodePort === undefined) return [];
  return servingNodes(facts, service).flatMap((node) => {
    const address = nodeAddress(node);
    return address === undefined ? [] : [gatewayAddress(address, nodePort, nodeLocality(node) ?? locality)];
  });
}

function servingNodes(facts: IstioCluster, service: Service): readonly Node[] {
  const ready = facts.all("Node").filter(isReady);
  if (service.spec.externalTrafficPolicy !== "Local") return ready;
  const running = new Set(
    facts
      .select(service.metadata.namespace ?? "default", service.spec.selector ?? {})
      .flatMap((workload) => (workload.isReady && workload.node !== undefined ? [workload.node] : [])),
  );
  return ready.filter((node) => running.has(node.metadata.name));
}

function nodeAddress(node: Node): string | undefined {
  const addresses = node.status?.addresses ?? [];
  const ofType = (wanted: string) => addresses.find(({ type }) => type === wanted)?.address;
  return ofType("ExternalIP") ?? ofType("InternalIP");
}

function nodeLocality(node: Node): string | undefined {
  const [region, zone] = localityOfNode(node);
  return showLocality(region, zone);
}

/** The region, and the zone, that all nodes share. */
function commonLocality(nodes: readonly Node[]): string | undefined {
  const localities = nodes.map(localityOfNode);
  const shared = (values: readonly string[]) => (new Set(values).size === 1 ? values[0] : undefined);
  return showLocality(shared(localities.map(([region]) => region)), shared(localities.map(([, zone]) => zone)));
}

function showLocality(region = "", zone = ""): string | undefined {
  if (region === "") return undefined;
  return zone === "" ? region : `${region}/${zone}`;
}

function parseAddress(given: string, defaultPort: number, locality: string | undefined): GatewayAddress {
  const { host, port = defaultPort } = parseHostPort(given);
  return gatewayAddress(host, port, locality);
}

function gatewayAddress(address: string, port: number, locality: string | undefined): GatewayAddress {
  return { address, port, isHostname: !ipaddr.isValid(address), ...(locality === undefined ? {} : { locality }) };
}

function sorted(addresses: readonly GatewayAddress[]): readonly GatewayAddress[] {
  const unique = new Map(addresses.map((address) => [`${address.address} ${address.port}`, address]));
  return [...unique.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, address]) => address);
}
