import type { DestinationRule, ServiceEntry } from "../kinds/istio.ts";
import { networkingApiVersion } from "../kinds/istio.ts";
import { dnsLabel } from "../kinds/names.ts";
import { ownershipLabels } from "../kinds/ownership.ts";
import type { ExternalService } from "../model/externalService.ts";
import type { Placement } from "./placement.ts";

interface Where {
  readonly owner: string;
  readonly host: string;
  readonly placement: Placement;
}

type Port = ExternalService["spec"]["ports"][number];

const resolutions = { Dns: "DNS", Static: "STATIC", None: "NONE" } as const;

function metadata(intent: ExternalService, { owner, host, placement }: Where) {
  return {
    name: dnsLabel([intent.metadata.name, host], [intent.metadata.namespace, "ExternalService"]),
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
    metadata: metadata(intent, where),
    spec: {
      hosts: [host],
      ...(vip === undefined ? {} : { addresses: [vip] }),
      exportTo: [placement.exportTo],
      location: "MESH_EXTERNAL",
      resolution: resolutions[resolution],
      ports: portsOf(intent).map((port) => {
        const targetPort = port.targetPort ?? (originatesTls(intent, port) && port.number === 80 ? 443 : port.number);
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

function portsOf({ spec }: ExternalService): readonly Port[] {
  return [...spec.ports].sort((a, b) => a.number - b.number);
}

function portName({ protocol, number }: Port): string {
  return `${protocol.toLowerCase()}-${number}`;
}

/** Callers of other ports speak TLS themselves. */
function originatesTls({ spec: { tls } }: ExternalService, { protocol }: Port): boolean {
  return tls !== undefined && protocol !== "HTTPS" && protocol !== "TLS";
}

/**
 * Has sidecars speak TLS to the host and accept only a certificate of its name. Both are written down: without, SNI and
 * name would be taken from each request's Host header. istio/pilot/pkg/networking/core/cluster_tls.go
 */
export function externalDestinationRule(intent: ExternalService, where: Where): DestinationRule {
  const { host, placement } = where;
  const caCertificates = intent.spec.tls?.caCertificates;
  const tls = {
    mode: "SIMPLE" as const,
    sni: host,
    subjectAltNames: [host],
    ...(caCertificates === undefined ? {} : { caCertificates }),
  };
  return {
    apiVersion: networkingApiVersion,
    kind: "DestinationRule",
    metadata: metadata(intent, where),
    spec: {
      host,
      exportTo: [placement.exportTo],
      trafficPolicy: {
        portLevelSettings: portsOf(intent)
          .filter((port) => originatesTls(intent, port))
          .map(({ number }) => ({ port: { number }, tls })),
      },
    },
  };
}
