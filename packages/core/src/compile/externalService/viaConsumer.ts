import { type DestinationRule, networkingApiVersion, type ServiceEntry } from "../../kinds/index.ts";
import type { ExternalService } from "../../model/index.ts";
import type { Via } from "./resolveVia.ts";
import { externalMetadata, portName, portsOf, type Where } from "./serviceEntries.ts";
import { viaHost } from "./viaServer.ts";

/** Makes one host known to callers as what the other cluster's gateway leads to. */
export function viaServiceEntry(
  intent: ExternalService,
  where: Where & { readonly vip: string | undefined },
  { gateways }: Via,
): ServiceEntry {
  const ports = portsOf(intent);
  return {
    apiVersion: networkingApiVersion,
    kind: "ServiceEntry",
    metadata: externalMetadata(intent, where),
    spec: {
      hosts: [where.host],
      ...(where.vip === undefined ? {} : { addresses: [where.vip] }),
      exportTo: [where.placement.exportTo],
      location: "MESH_EXTERNAL",
      resolution: gateways.some(({ isHostname }) => isHostname) ? "DNS" : "STATIC",
      ports: ports.map((port) => ({ name: portName(port), number: port.number, protocol: port.protocol })),
      endpoints: gateways.map(({ address, port: number, locality }) => ({
        address,
        ports: Object.fromEntries(ports.map((port) => [portName(port), number])),
        ...(locality === undefined ? {} : { locality }),
      })),
    },
  };
}

/** Mutual TLS to that gateway, around whatever the caller speaks; the SNI tells host and port. */
export function viaDestinationRule(intent: ExternalService, where: Where, { identities }: Via): DestinationRule {
  return {
    apiVersion: networkingApiVersion,
    kind: "DestinationRule",
    metadata: externalMetadata(intent, where),
    spec: {
      host: where.host,
      exportTo: [where.placement.exportTo],
      trafficPolicy: {
        portLevelSettings: portsOf(intent).map(({ number }) => ({
          port: { number },
          tls: { mode: "ISTIO_MUTUAL", sni: viaHost(intent, where.host, number), subjectAltNames: [...identities] },
        })),
      },
    },
  };
}
