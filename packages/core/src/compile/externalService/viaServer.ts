import type { IstioCluster } from "../../istio/index.ts";
import {
  type AuthorizationPolicy,
  type DestinationRule,
  dnsLabel,
  type Gateway,
  type KubeObject,
  networkingApiVersion,
  ownerName,
  ownershipLabels,
  type ServiceEntry,
  securityApiVersion,
  type VirtualService,
} from "../../kinds/index.ts";
import { type ExternalService, group } from "../../model/index.ts";
import { allowedPrincipals, callerTrustDomains } from "../declaration/callerPrincipals.ts";
import type { Via } from "./resolveVia.ts";
import { externalTargetPort, originatesTls, originationTls, type Port, portName, portsOf } from "./serviceEntries.ts";

/** The SNI by which the gateway knows host and port: a name of ours that nobody else gives a meaning, in no DNS. */
export function viaHost(intent: ExternalService, host: string, port: number): string {
  const { name, namespace } = intent.metadata;
  return `${dnsLabel([name, String(port)], [namespace, host])}.egress.${group}`;
}

/**
 * What lets consumers out through a gateway: it ends their mutual TLS, so that it knows who calls, and passes the stream on as
 * it is, or in TLS where that is asked for. AUTO_PASSTHROUGH cannot: it leads to endpoints inside the mesh only (recipes,
 * section 1). The destination has a name of its own for the gateway, so that no ServiceEntry for the real one, ours for
 * consumers in the same cluster or the user's, leads it elsewhere.
 */
export function viaObjects(
  intent: ExternalService,
  via: Via,
  consumers: readonly IstioCluster[],
): readonly KubeObject[] {
  const { namespace, port: gatewayPort, selector } = via.cluster.spec.eastWestGateway;
  const owner = ownerName(intent.kind, intent.metadata.namespace, intent.metadata.name);
  const labels = ownershipLabels(owner, "server");
  const place = JSON.stringify([gatewayPort, Object.entries(selector).sort()]);
  const name = dnsLabel([intent.metadata.namespace, intent.metadata.name], ["egress", place]);
  const destinations = [...intent.spec.hosts].sort().flatMap((host) =>
    portsOf(intent).map((port): Destination => {
      const alias = viaHost(intent, host, port.number);
      return { host, port, alias, metadata: { name: alias.split(".")[0] ?? alias, namespace, labels } };
    }),
  );
  const gateway: Gateway = {
    apiVersion: networkingApiVersion,
    kind: "Gateway",
    metadata: { name, namespace, labels },
    spec: {
      selector: { ...selector },
      servers: destinations.map(({ alias, metadata }) => ({
        port: { number: gatewayPort, name: metadata.name, protocol: "TLS" },
        tls: { mode: "ISTIO_MUTUAL" },
        hosts: [alias],
      })),
    },
  };
  const strangers = allowedPrincipals(intent.spec.consumers, callerTrustDomains(via.facts, consumers));
  const policy: AuthorizationPolicy = {
    apiVersion: securityApiVersion,
    kind: "AuthorizationPolicy",
    metadata: { name, namespace, labels },
    spec: {
      action: "DENY",
      selector: { matchLabels: { ...selector } },
      rules: [
        {
          from: [{ source: { notPrincipals: [...strangers] } }],
          when: [{ key: "connection.sni", values: destinations.map(({ alias }) => alias) }],
        },
      ],
    },
  };
  return [
    gateway,
    // The gateway takes certificates of the mesh only: without namespaces there is nobody else to turn away.
    ...(strangers.includes("*") ? [] : [policy]),
    ...destinations.flatMap((destination) => [
      destinationServiceEntry(intent, destination),
      ...(originatesTls(intent, destination.port) ? [tlsRule(intent, destination)] : []),
      destinationVirtualService(destination, `${namespace}/${name}`, gatewayPort),
    ]),
  ];
}

/** One port of one host, as the gateway sees it. */
interface Destination {
  readonly host: string;
  readonly port: Port;
  readonly alias: string;
  readonly metadata: KubeObject["metadata"];
}

function destinationServiceEntry(intent: ExternalService, { host, port, alias, metadata }: Destination): ServiceEntry {
  const { endpoints } = intent.spec;
  const targetPort = externalTargetPort(intent, port);
  return {
    apiVersion: networkingApiVersion,
    kind: "ServiceEntry",
    metadata,
    spec: {
      hosts: [alias],
      exportTo: ["."],
      location: "MESH_EXTERNAL",
      resolution: endpoints === undefined ? "DNS" : "STATIC",
      ports: [
        {
          name: portName(port),
          number: port.number,
          protocol: port.protocol,
          ...(targetPort === port.number ? {} : { targetPort }),
        },
      ],
      endpoints: [...(endpoints ?? [host])].sort().map((address) => ({ address })),
    },
  };
}

function tlsRule(intent: ExternalService, { host, alias, metadata }: Destination): DestinationRule {
  return {
    apiVersion: networkingApiVersion,
    kind: "DestinationRule",
    metadata,
    spec: { host: alias, exportTo: ["."], trafficPolicy: { tls: originationTls(intent, host) } },
  };
}

function destinationVirtualService(
  { port, alias, metadata }: Destination,
  gateway: string,
  gatewayPort: number,
): VirtualService {
  return {
    apiVersion: networkingApiVersion,
    kind: "VirtualService",
    metadata,
    spec: {
      hosts: [alias],
      exportTo: ["."],
      gateways: [gateway],
      tcp: [
        {
          match: [{ port: gatewayPort }],
          route: [{ destination: { host: alias, port: { number: port.number } } }],
        },
      ],
    },
  };
}
