import { type DestinationRule, dnsLabel, ownershipLabels, type ServiceEntry } from "../../kinds/index.ts";
import type { Placement } from "../declaration/placement.ts";
import { importedDestinationRule, importedServiceEntry } from "./passthroughPolicy.ts";
import type { ResolvedService, SharedPort } from "./resolvedService.ts";
import type { Spread } from "./spread.ts";
import { endpointLabels, endpointLocality, spreadSettings } from "./trafficSettings.ts";

/** One name for all serving clusters, and what a consuming cluster needs to know of it. */
export interface MeshName {
  readonly shared: ResolvedService;
  readonly host: string;
  readonly ports: readonly SharedPort[];
  readonly spread: Spread;
  /** The gateways of all serving clusters route on the same SNI. */
  readonly passthroughHost: string;
  readonly identities: readonly string[];
  /** The consuming cluster. */
  readonly consumer: string;
}

/** Of the objects for that name. */
export function meshObjectName({ service, namespace }: ResolvedService): string {
  return dnsLabel([service, namespace, "mesh"], ["mesh"]);
}

function metadata({ shared }: MeshName, placement: Placement) {
  return {
    name: meshObjectName(shared),
    namespace: placement.namespace,
    labels: ownershipLabels(shared.owner, "consumer"),
  };
}

/**
 * The name with a virtual address, and every gateway address of every serving cluster as an endpoint. The consumer's own
 * pods are reached through its own gateway: endpoints of a ServiceEntry are addresses or selected pods, never both.
 */
export function meshServiceEntry(name: MeshName, vip: string, placement: Placement): ServiceEntry {
  const { shared, host, ports, spread } = name;
  return importedServiceEntry({
    ...{ host, vip, ports, exportTo: placement.exportTo, metadata: metadata(name, placement) },
    endpoints: spread.servers.flatMap(({ facts, gateways }) =>
      gateways.map(({ address, port, locality: real }) => {
        const locality = endpointLocality(shared, spread, facts.name, real);
        const labels = endpointLabels(shared, facts.name);
        return {
          address,
          port,
          ...(Object.keys(labels).length === 0 ? {} : { labels }),
          ...(locality === undefined ? {} : { locality }),
        };
      }),
    ),
  });
}

/** Mutual TLS to that name, accepting the identities of all clusters that serve it. */
export function meshDestinationRule(name: MeshName, placement: Placement): DestinationRule {
  const { shared, host, ports, spread, passthroughHost, identities, consumer } = name;
  return importedDestinationRule({
    ...{ host, passthroughHost, identities, ports, settings: spreadSettings(shared, spread, { cluster: consumer }) },
    ...{ exportTo: placement.exportTo, metadata: metadata(name, placement) },
  });
}
