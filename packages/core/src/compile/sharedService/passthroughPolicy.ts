import { type GatewayAddress, passthroughSni } from "../../istio/index.ts";
import {
  type DestinationRule,
  networkingApiVersion,
  type ServiceEntry,
  type TrafficPolicy,
} from "../../kinds/index.ts";
import type { SharedPort } from "./resolvedService.ts";

/** What the declaration says about connections to a host. */
export type TrafficSettings = Pick<TrafficPolicy, "outlierDetection" | "connectionPool" | "loadBalancer">;

/**
 * Mutual TLS with the SNI that an AUTO_PASSTHROUGH gateway of the server routes on. An SNI holds for one port, so each has its own settings; those
 * take nothing over from the policy around them (istio/pilot/pkg/networking/util, MergeSubsetTrafficPolicy).
 */
export function passthroughPolicy(
  host: string,
  ports: readonly SharedPort[],
  settings: TrafficSettings,
  rest: { readonly subjectAltNames?: string[] } = {},
): TrafficPolicy {
  const tls = (number: number) => ({ mode: "ISTIO_MUTUAL" as const, sni: passthroughSni(host, number), ...rest });
  const [only, ...others] = ports;
  if (only !== undefined && others.length === 0) return { ...settings, tls: tls(only.number) };
  return {
    ...settings,
    tls: { mode: "ISTIO_MUTUAL" },
    portLevelSettings: ports.map(({ number }) => ({ port: { number }, ...settings, tls: tls(number) })),
  };
}

/** What ServiceEntries of names that lead through gateways have in common. */
export interface ImportedName {
  readonly metadata: ServiceEntry["metadata"];
  readonly host: string;
  readonly vip: string;
  readonly exportTo: "." | "*";
  readonly resolution?: "STATIC" | "DNS";
  readonly ports: readonly SharedPort[];
  /** Gateways: each with its one port for all of these. */
  readonly endpoints: readonly (Readonly<Record<string, unknown>> & {
    readonly address: string;
    readonly port: number;
  })[];
}

/** A name with a virtual address, and gateways as its endpoints. */
export function importedServiceEntry(name: ImportedName): ServiceEntry {
  const { metadata, host, vip, exportTo, resolution = "STATIC", ports, endpoints } = name;
  return {
    apiVersion: networkingApiVersion,
    kind: "ServiceEntry",
    metadata,
    spec: {
      hosts: [host],
      addresses: [vip],
      exportTo: [exportTo],
      location: "MESH_INTERNAL",
      resolution,
      ports: ports.map(({ name: portName, number, protocol }) => ({
        name: portName,
        number,
        ...(protocol === undefined ? {} : { protocol }),
      })),
      endpoints: endpoints.map(({ address, port, ...rest }) => ({
        address,
        ports: Object.fromEntries(ports.map(({ name: portName }) => [portName, port])),
        ...rest,
      })),
    },
  };
}

/** Mutual TLS to such a name, accepting only the identities that serve it. */
export function importedDestinationRule({
  metadata,
  host,
  exportTo,
  passthroughHost,
  ports,
  settings,
  identities,
}: Pick<ImportedName, "metadata" | "host" | "exportTo" | "ports"> & {
  readonly passthroughHost: string;
  readonly settings: TrafficSettings;
  readonly identities: readonly string[];
}): DestinationRule {
  return {
    apiVersion: networkingApiVersion,
    kind: "DestinationRule",
    metadata,
    spec: {
      host,
      exportTo: [exportTo],
      trafficPolicy: passthroughPolicy(passthroughHost, ports, settings, { subjectAltNames: [...identities] }),
    },
  };
}

export function gatewayEndpoint({ address, port, locality }: GatewayAddress): ImportedName["endpoints"][number] {
  return { address, port, ...(locality === undefined ? {} : { locality }) };
}
