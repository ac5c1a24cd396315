import type { Service } from "../../kinds/index.ts";
import { askBy, kept } from "../found.ts";
import { apiListeners } from "../gatewayApi/apiListeners.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { isIp, type MeshEndpoint } from "../registry/endpoints.ts";
import { registeredService } from "../registry/meshRegistry.ts";
import { networkLabel, networkOf, networksOf } from "../topologyLabels.ts";
import type { Workload } from "../workload.ts";

/** Where another network's endpoints are reached. pilot/pkg/model/network.go, NetworkGateway */
export interface NetworkGateway {
  readonly network: string;
  readonly address: string;
  readonly port: number;
}

const defaultPort = 15443;
const portLabel = "networking.istio.io/gatewayPort";

/**
 * Gateways by their network, sorted: of meshNetworks, of Services with the network's label or named by meshNetworks, and of
 * Gateways of the Gateway API with that label (pilot/pkg/model/network.go, reload; serviceregistry/kube/controller/network.go).
 */
export function networkGateways(cluster: IstioCluster): ReadonlyMap<string, readonly NetworkGateway[]> {
  return gatewaysAsked(cluster, undefined);
}

const byNetworks = kept((cluster): ReadonlyMap<string, readonly NetworkGateway[]> => {
  const found = [...ofMeshNetworks(cluster), ...ofServices(cluster), ...ofGateways(cluster)];
  const byNetwork = new Map<string, NetworkGateway[]>();
  for (const gateway of new Map(found.map((each) => [JSON.stringify(each), each])).values()) {
    byNetwork.set(gateway.network, [...(byNetwork.get(gateway.network) ?? []), gateway]);
  }
  for (const gateways of byNetwork.values()) gateways.sort(byAddress);
  return byNetwork;
});

const gatewaysAsked = askBy((cluster, _: undefined) => byNetworks(cluster));

function byAddress(left: NetworkGateway, right: NetworkGateway): number {
  if (left.address !== right.address) return left.address < right.address ? -1 : 1;
  return left.port - right.port;
}

function ofMeshNetworks({ settings }: IstioCluster): readonly NetworkGateway[] {
  return (settings.networks ?? []).flatMap(({ name: network, gateways }) =>
    gateways.flatMap(({ address, port }) => (address === undefined ? [] : [{ network, address, port }])),
  );
}

/** getGatewayDetails: the label names the network, and maybe the port; else meshNetworks names the Service. */
function ofServices(cluster: IstioCluster): readonly NetworkGateway[] {
  const named = networksOf(cluster).flatMap(({ name: network, gateways }) =>
    gateways.flatMap(({ service, port }) => (service === undefined ? [] : [{ network, service, port }])),
  );
  return cluster.discoveredServices.flatMap((service) => {
    const { [networkLabel]: network = "", [portLabel]: port = `${defaultPort}` } = service.metadata.labels ?? {};
    const isOpen = service.spec.ports?.some((each) => each.port === Number(port)) === true;
    const details =
      network !== ""
        ? isOpen
          ? [{ network, port: Number(port) }]
          : []
        : named.filter((each) => each.service === registeredService(cluster, service).host);
    return details.flatMap((each) =>
      addressesOf(service).map((address) => ({ network: each.network, address, port: each.port })),
    );
  });
}

function addressesOf({ spec, status }: Service): readonly string[] {
  const ingress = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
  return [...ingress, ...(spec.externalIPs ?? [])];
}

/** handleGatewayResource: each address at each listener that passes TLS through by its SNI. */
function ofGateways(cluster: IstioCluster): readonly NetworkGateway[] {
  return apiListeners(cluster).flatMap(({ gateway, listener, server }) => {
    const network = gateway.metadata.labels?.[networkLabel] ?? "";
    if (network === "" || server.tls?.mode !== "AUTO_PASSTHROUGH") return [];
    return (gateway.spec.addresses ?? []).flatMap(({ type, value }) =>
      value !== undefined && (type === "IPAddress" || type === "Hostname")
        ? [{ network, address: value, port: listener.port }]
        : [],
    );
  });
}

/**
 * What a proxy is given for these endpoints: those of other networks that have gateways are reached by them, in mutual TLS, and
 * are left out where they don't take it (pilot/pkg/xds/endpoints/ep_filters.go, EndpointsByNetworkFilter).
 */
export function acrossNetworks(
  cluster: IstioCluster,
  proxy: Workload,
  endpoints: readonly MeshEndpoint[],
): readonly MeshEndpoint[] {
  const gateways = networkGateways(cluster);
  const isHere = (endpoint: MeshEndpoint) => endpoint.address !== "";
  if (gateways.size === 0) return endpoints.filter(isHere);
  const own = networkOf(cluster, proxy);
  return endpoints.flatMap((endpoint): readonly MeshEndpoint[] => {
    const { network, weight, tlsMode } = endpoint;
    const through = network === "" || network === own ? [] : (gateways.get(network) ?? []).filter(isReachable);
    if (through.length === 0) return isHere(endpoint) ? [endpoint] : [];
    if (tlsMode !== "istio") return [];
    return through.map(({ address, port }) => ({
      ...endpoint,
      workload: undefined,
      address,
      port,
      weight: weight / through.length,
      // The gateway stands for its endpoints without their own labels.
      labels: { [networkLabel]: network },
      untold: {},
    }));
  });
}

/** Host names are resolved by istiod, which knows more of the world than we do: kept as they are. */
function isReachable({ address }: NetworkGateway): boolean {
  return address !== "" && (isIp(address) || address.includes("."));
}
