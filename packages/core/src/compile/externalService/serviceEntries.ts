import {
  type DestinationRule,
  dnsLabel,
  networkingApiVersion,
  ownershipLabels,
  type ServiceEntry,
} from "../../kinds/index.ts";
import type { ExternalService } from "../../model/index.ts";
import type { Placement } from "../declaration/placement.ts";

/** One host for callers of one namespace, or of all. */
export interface Where {
  readonly owner: string;
  readonly host: string;
  readonly placement: Placement;
}

export type Port = ExternalService["spec"]["ports"][number];

const resolutions = { Dns: "DNS", Static: "STATIC", None: "NONE" } as const;

/** Of the objects for callers of a host. */
export function externalObjectName({ metadata }: ExternalService, host: string): string {
  return dnsLabel([metadata.name, host], [metadata.namespace, "ExternalService"]);
}

export function externalMetadata(intent: ExternalService, { owner, host, placement }: Where) {
  return {
    name: externalObjectName(intent, host),
    namespace: placement.namespace,
    labels: ownershipLabels(owner, "consumer"),
  };
}

/** Makes one host outside the mesh known to callers; with outboundTrafficPolicy REGISTRY_ONLY only such hosts are reached. */
export function externalServiceEntry(
  intent: ExternalService,
  where: Where & { readonly vip: string | undefined },
): ServiceEntry {
  const { resolution, endpoints } = intent.spec;
  const { host, placement, vip } = where;
  return {
    apiVersion: networkingApiVersion,
    kind: "ServiceEntry",
    metadata: externalMetadata(intent, where),
    spec: {
      hosts: [host],
      ...(vip === undefined ? {} : { addresses: [vip] }),
      exportTo: [placement.exportTo],
      location: "MESH_EXTERNAL",
      resolution: resolutions[resolution],
      ports: portsOf(intent).map((port) => {
        const targetPort = externalTargetPort(intent, port);
        return {
          name: portName(port),
          number: port.number,
          protocol: port.protocol,
          ...(targetPort === port.number ? {} : { targetPort }),
        };
      }),
      ...(endpoints === undefined ? {} : { endpoints: [...endpoints].sort().map((address) => ({ address })) }),
    },
  };
}

export function portsOf({ spec }: ExternalService): readonly Port[] {
  return [...spec.ports].sort((a, b) => a.number - b.number);
}

export function portName({ protocol, number }: Port): string {
  return `${protocol.toLowerCase()}-${number}`;
}

/** The port at the far end. */
export function externalTargetPort(intent: ExternalService, port: Port): number {
  return port.targetPort ?? (originatesTls(intent, port) && port.number === 80 ? 443 : port.number);
}

/** Callers of other ports speak TLS themselves. */
export function originatesTls({ spec: { tls } }: ExternalService, { protocol }: Port): boolean {
  return tls !== undefined && protocol !== "HTTPS" && protocol !== "TLS";
}

/**
 * TLS to the host, accepting only a certificate of its name. Both are written down: without, SNI and name would be taken from
 * each request's Host header. `system` is what Istio itself puts where nothing is said; said aloud it also holds where istiod
 * runs with VERIFY_CERTIFICATE_AT_CLIENT=false, and `istioctl analyze` is content. istio/pilot/pkg/networking/core/cluster_tls.go
 */
export function originationTls({ spec }: ExternalService, host: string) {
  return {
    mode: "SIMPLE" as const,
    sni: host,
    subjectAltNames: [host],
    caCertificates: spec.tls?.caCertificates ?? "system",
  };
}

/** Has sidecars speak TLS to the host. */
export function externalDestinationRule(intent: ExternalService, where: Where): DestinationRule {
  const { host, placement } = where;
  return {
    apiVersion: networkingApiVersion,
    kind: "DestinationRule",
    metadata: externalMetadata(intent, where),
    spec: {
      host,
      exportTo: [placement.exportTo],
      trafficPolicy: {
        portLevelSettings: portsOf(intent)
          .filter((port) => originatesTls(intent, port))
          .map(({ number }) => ({ port: { number }, tls: originationTls(intent, host) })),
      },
    },
  };
}
