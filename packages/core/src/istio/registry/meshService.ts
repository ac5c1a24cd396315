import type { Service, ServiceEntry } from "../../kinds/index.ts";
import { isWildcard, serviceHost } from "../hostNames.ts";
import { canonicalHost } from "../hostPort.ts";
import type { ClusterTraits } from "../istioCluster.ts";
import { spiffeId } from "../spiffeId.ts";
import { exportedTo, exportToOfAnnotations } from "../visibility.ts";
import { type Protocol, parseProtocol, protocolOfServicePort } from "./protocol.ts";
import { namedTargetPort } from "./targetPort.ts";

export interface MeshPort {
  readonly number: number;
  readonly name: string;
  readonly protocol: Protocol;
  /** As written: a Service's may be a name. */
  readonly targetPort: number | string | undefined;
  /** In the object's list. */
  readonly index: number;
}

/**
 * - `endpoints`: the proxy balances over endpoints; `dns`: over the addresses that names resolve to;
 * - `passthrough`: the address that the client dialled (headless Services, ServiceEntries with resolution NONE);
 * - `alias`: an ExternalName Service.
 */
export type Resolution = "endpoints" | "dns" | "dynamic-dns" | "passthrough" | "alias";

/** A host as istiod's registry has it: a Service, or one host of a ServiceEntry. pilot/pkg/model/service.go */
export interface MeshService {
  readonly host: string;
  readonly namespace: string;
  readonly object: Service | ServiceEntry;
  readonly isKubernetes: boolean;
  readonly resolution: Resolution;
  /** Outside the mesh: no mutual TLS by itself, no passthrough at a gateway. */
  readonly isExternal: boolean;
  /** ClusterIPs, or what the ServiceEntry declares (CIDRs too); empty: it has none. */
  readonly addresses: readonly string[];
  /** Istio's own virtual address, which only clients with DNS capture use. */
  readonly autoAddress: string | undefined;
  readonly ports: readonly MeshPort[];
  readonly exportTo: readonly string[];
  readonly created: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of a Service, or a ServiceEntry's workloadSelector. */
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly subjectAltNames: readonly string[];
  /** Hosts of ExternalName Services that stand for this one. */
  readonly aliases: readonly string[];
  /** What an ExternalName Service stands for. */
  readonly aliasOf: string | undefined;
}

/** pilot/pkg/serviceregistry/kube/conversion.go, ConvertService. */
export function meshServiceOfService(cluster: ClusterTraits, service: Service): MeshService {
  const { metadata, spec } = service;
  const namespace = metadata.namespace ?? "default";
  const isAlias = spec.type === "ExternalName" && spec.externalName !== undefined;
  const isHeadless = spec.clusterIP === "None";
  const trustDomain = cluster.settings.trustDomain;
  const accounts = metadata.annotations?.["alpha.istio.io/kubernetes-serviceaccounts"];
  return {
    host: serviceHost(metadata.name, namespace, cluster.settings),
    namespace,
    object: service,
    isKubernetes: true,
    resolution: isAlias ? "alias" : isHeadless ? "passthrough" : "endpoints",
    isExternal: isAlias,
    addresses: isAlias || isHeadless ? [] : clusterIps(cluster, service),
    autoAddress: undefined,
    ports: (spec.ports ?? []).map((port, index) => ({
      number: port.port,
      name: port.name ?? "",
      protocol: protocolOfServicePort(port),
      targetPort: namedTargetPort(port),
      index,
    })),
    exportTo: exportedTo(exportToOfAnnotations(metadata.annotations), cluster.settings.defaultServiceExportTo),
    created: metadata.creationTimestamp ?? "",
    name: metadata.name,
    labels: metadata.labels ?? {},
    selector: spec.selector,
    subjectAltNames:
      accounts === undefined ? [] : accounts.split(",").map((each) => spiffeId(trustDomain, namespace, each)),
    aliases: [],
    aliasOf: isAlias ? spec.externalName : undefined,
  };
}

/** Manifests don't say which address the API server will give; this stands for it. */
function clusterIps(cluster: ClusterTraits, { metadata, spec }: Service): readonly string[] {
  if (spec.clusterIPs !== undefined && spec.clusterIPs.length > 0) return spec.clusterIPs.map(canonicalHost);
  if (spec.clusterIP !== undefined && spec.clusterIP !== "") return [canonicalHost(spec.clusterIP)];
  // A plan's objects have none yet on a live cluster either.
  return [`cluster-ip:${cluster.name}.${metadata.namespace ?? "default"}.${metadata.name}`];
}

/** `192.0.2.1/32` and `2001:db8::1/128` are single addresses. */
function oneAddress(address: string): string {
  return address.replace(address.includes(":") ? /\/128$/ : /\/32$/, "");
}

/** One for each host: pilot/pkg/serviceregistry/serviceentry/conversion.go, convertServices. */
export function meshServicesOfEntry(cluster: ClusterTraits, entry: ServiceEntry): readonly MeshService[] {
  const { metadata, spec } = entry;
  const addresses = (spec.addresses ?? []).map((address) => canonicalHost(oneAddress(address)));
  const ports = (spec.ports ?? []).map((port, index) => ({
    number: port.number,
    name: port.name,
    protocol: parseProtocol(port.protocol),
    targetPort: port.targetPort,
    index,
  }));
  return spec.hosts.map((host) => ({
    host,
    namespace: metadata.namespace ?? "default",
    object: entry,
    isKubernetes: false,
    resolution: resolutions[spec.resolution ?? "NONE"],
    isExternal: (spec.location ?? "MESH_EXTERNAL") === "MESH_EXTERNAL",
    addresses,
    autoAddress: autoAddress(cluster, entry, host),
    ports,
    exportTo: exportedTo(spec.exportTo, cluster.settings.defaultServiceExportTo),
    created: metadata.creationTimestamp ?? "",
    name: host,
    labels: metadata.labels ?? {},
    selector: spec.workloadSelector?.labels,
    subjectAltNames: spec.subjectAltNames ?? [],
    aliases: [],
    aliasOf: undefined,
  }));
}

const resolutions: Readonly<Record<NonNullable<ServiceEntry["spec"]["resolution"]>, Resolution>> = {
  NONE: "passthrough",
  STATIC: "endpoints",
  DNS: "dns",
  DNS_ROUND_ROBIN: "dns",
  DYNAMIC_DNS: "dynamic-dns",
};

/** pilot/pkg/networking/serviceentry, ShouldV2AutoAllocateIP; on by default since Istio 1.25. */
function autoAddress(
  cluster: ClusterTraits,
  { metadata, spec, status }: ServiceEntry,
  host: string,
): string | undefined {
  if ((spec.addresses ?? []).length > 0 || (spec.resolution ?? "NONE") === "NONE") return undefined;
  if (metadata.labels?.["networking.istio.io/enable-autoallocate-ip"]?.toLowerCase() === "false") return undefined;
  const given = addressesIn(status).find((each) => each.host === host)?.value;
  if (given !== undefined) return given;
  // The controller of istiod allocates soon after; manifests and plans never say.
  if (!cluster.allocatesAddresses || (isWildcard(host) && spec.resolution !== "DYNAMIC_DNS")) return undefined;
  return `auto-ip:${host}`;
}

function addressesIn(status: unknown): readonly { readonly host?: string; readonly value?: string }[] {
  const addresses = typeof status === "object" && status !== null && "addresses" in status ? status.addresses : [];
  return Array.isArray(addresses) ? addresses : [];
}
