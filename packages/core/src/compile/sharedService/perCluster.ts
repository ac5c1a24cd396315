import {
  type DestinationRule,
  dnsLabel,
  networkingApiVersion,
  ownershipLabels,
  type ServiceEntry,
} from "../../kinds/index.ts";
import type { Placement } from "../declaration/placement.ts";
import { gatewayEndpoint, importedServiceEntry, passthroughPolicy } from "./passthroughPolicy.ts";
import type { ResolvedService, Server } from "./resolvedService.ts";
import { trafficSettings } from "./trafficSettings.ts";
import { type VersionLabels, valuesOf, versionKey } from "./version.ts";

/** A name of one cluster's instance of a service, or of one version of it. */
export interface ClusterName {
  readonly shared: ResolvedService;
  readonly server: Server;
  readonly version: VersionLabels | undefined;
  readonly host: string;
  readonly passthroughHost: string;
  readonly identities: readonly string[];
}

/** Of the objects for such a name. */
export function perClusterObjectName({ shared, server, version }: Pick<ClusterName, "shared" | "server" | "version">) {
  const shown = [shared.service, shared.namespace, server.facts.name];
  return version === undefined ? dnsLabel(shown) : dnsLabel([...shown, valuesOf(version)], [versionKey(version)]);
}

function metadata(name: ClusterName, placement: Placement) {
  return {
    name: perClusterObjectName(name),
    namespace: placement.namespace,
    labels: ownershipLabels(name.shared.owner, "consumer"),
  };
}

/**
 * Names one cluster's instance of a service in a consuming cluster (recipes, section 2): a virtual address, and every
 * address of the serving cluster's gateway as an endpoint. STATIC, since endpoints by DNS are resolved only now and then;
 * DNS only where a load balancer has no IP address.
 */
export function perClusterServiceEntry(name: ClusterName, vip: string, placement: Placement): ServiceEntry {
  const { server, host } = name;
  return importedServiceEntry({
    ...{ host, vip, ports: server.ports, exportTo: placement.exportTo, metadata: metadata(name, placement) },
    resolution: server.gateways.some(({ isHostname }) => isHostname) ? "DNS" : "STATIC",
    endpoints: server.gateways.map(gatewayEndpoint),
  });
}

/** Mutual TLS to that name, accepting only the identities that serve it. */
export function perClusterDestinationRule(name: ClusterName, placement: Placement): DestinationRule {
  const { shared, server, host, passthroughHost, identities } = name;
  return {
    apiVersion: networkingApiVersion,
    kind: "DestinationRule",
    metadata: metadata(name, placement),
    spec: {
      host,
      exportTo: [placement.exportTo],
      trafficPolicy: passthroughPolicy(passthroughHost, server.ports, trafficSettings(shared), {
        subjectAltNames: [...identities],
      }),
    },
  };
}
