import {
  type DestinationRule,
  dnsLabel,
  type KubeObject,
  ownershipLabels,
  type ServiceEntry,
} from "../../kinds/index.ts";
import { addressToCome } from "../declaration/namedHost.ts";
import type { Placement } from "../declaration/placement.ts";
import { gatewayEndpoint, importedDestinationRule, importedServiceEntry } from "./passthroughPolicy.ts";
import type { ResolvedService, Server } from "./resolvedService.ts";
import { trafficSettings } from "./trafficSettings.ts";
import { type VersionLabels, valuesOf, versionKey } from "./version.ts";
import { plainName, virtualService } from "./virtualService.ts";

/** A name of one cluster's instance of a service, or of one version of it: the same wherever it is called. */
export interface ClusterName {
  readonly shared: ResolvedService;
  readonly server: Server;
  readonly version: VersionLabels | undefined;
  readonly host: string;
  readonly passthroughHost: string;
  readonly identities: readonly string[];
  /** Of the objects for it. */
  readonly objectName: string;
}

export function perClusterObjectName({ shared, server, version }: Pick<ClusterName, "shared" | "server" | "version">) {
  const shown = [shared.service, shared.namespace, server.facts.name];
  return version === undefined ? dnsLabel(shown) : dnsLabel([...shown, valuesOf(version)], [versionKey(version)]);
}

/** What a consuming cluster needs for such a name, which is the same in all that keep it in the same place. */
export function perClusterObjects(name: ClusterName, placement: Placement): readonly KubeObject[] {
  const routes = virtualService(plainName(name.shared, name.host, name.server.ports), placement);
  return [
    perClusterDestinationRule(name, placement),
    perClusterServiceEntry(name, placement),
    ...(routes === undefined ? [] : [routes]),
  ];
}

function metadata({ objectName, shared }: ClusterName, placement: Placement) {
  return {
    name: objectName,
    namespace: placement.namespace,
    labels: ownershipLabels(shared.owner, "consumer"),
  };
}

/**
 * Names one cluster's instance of a service in a consuming cluster (recipes, section 2): a virtual address, and every
 * address of the serving cluster's gateway as an endpoint. STATIC, since endpoints by DNS are resolved only now and then;
 * DNS only where a load balancer has no IP address.
 */
function perClusterServiceEntry(name: ClusterName, placement: Placement): ServiceEntry {
  const { server, host } = name;
  return importedServiceEntry({
    ...{
      host,
      vip: addressToCome,
      ports: server.ports,
      exportTo: placement.exportTo,
      metadata: metadata(name, placement),
    },
    resolution: server.gateways.some(({ isHostname }) => isHostname) ? "DNS" : "STATIC",
    endpoints: server.gateways.map(gatewayEndpoint),
  });
}

/** Mutual TLS to that name, accepting only the identities that serve it. */
function perClusterDestinationRule(name: ClusterName, placement: Placement): DestinationRule {
  const { shared, server, host, passthroughHost, identities } = name;
  return importedDestinationRule({
    ...{ host, passthroughHost, identities, ports: server.ports, settings: trafficSettings(shared) },
    ...{ exportTo: placement.exportTo, metadata: metadata(name, placement) },
  });
}
