import type { DestinationRule, ServiceEntry } from "../kinds/istio.ts";
import { networkingApiVersion } from "../kinds/istio.ts";
import { dnsLabel } from "../kinds/names.ts";
import { ownershipLabels } from "../kinds/ownership.ts";
import { passthroughPolicy } from "./passthroughPolicy.ts";
import type { Placement } from "./placement.ts";
import type { Server, Share } from "./share.ts";
import { trafficSettings } from "./trafficSettings.ts";

function metadata(share: Share, server: Server, placement: Placement) {
  return {
    name: dnsLabel([share.service, share.namespace, server.facts.name]),
    namespace: placement.namespace,
    labels: ownershipLabels(share.owner, "consumer"),
  };
}

/**
 * Names one cluster's instance of a service in a consuming cluster (recipes, section 2): a virtual address, and every
 * address of the serving cluster's gateway as an endpoint. STATIC, since endpoints by DNS are resolved only now and then;
 * DNS only where a load balancer has no IP address.
 */
export function perClusterServiceEntry(
  share: Share,
  server: Server,
  host: string,
  vip: string,
  placement: Placement,
): ServiceEntry {
  return {
    apiVersion: networkingApiVersion,
    kind: "ServiceEntry",
    metadata: metadata(share, server, placement),
    spec: {
      hosts: [host],
      addresses: [vip],
      exportTo: [placement.exportTo],
      location: "MESH_INTERNAL",
      resolution: server.gateways.some(({ isHostname }) => isHostname) ? "DNS" : "STATIC",
      ports: server.ports.map(({ name, number, protocol }) => ({
        name,
        number,
        ...(protocol === undefined ? {} : { protocol }),
      })),
      endpoints: server.gateways.map(({ address, port, locality }) => ({
        address,
        ports: Object.fromEntries(server.ports.map(({ name }) => [name, port])),
        ...(locality === undefined ? {} : { locality }),
      })),
    },
  };
}

/** Mutual TLS to that name, accepting only the identities that serve it. */
export function perClusterDestinationRule(
  share: Share,
  server: Server,
  names: { readonly host: string; readonly passthroughHost: string },
  identities: readonly string[],
  placement: Placement,
): DestinationRule {
  return {
    apiVersion: networkingApiVersion,
    kind: "DestinationRule",
    metadata: metadata(share, server, placement),
    spec: {
      host: names.host,
      exportTo: [placement.exportTo],
      trafficPolicy: passthroughPolicy(names.passthroughHost, server.ports, trafficSettings(share), {
        subjectAltNames: [...identities],
      }),
    },
  };
}
