import type { IstioCluster } from "../istioCluster.ts";
import type { MeshSettings } from "../meshSettings.ts";
import type { Workload } from "../workload.ts";
import { endpointsOf, isIp } from "./endpoints.ts";
import { kubeServiceNamed } from "./meshRegistry.ts";
import type { MeshService } from "./meshService.ts";

/** An address that a name resolves to. */
export interface NamedAddress {
  readonly address: string;
  /** The pod that owns it, for headless Services: a pod of a directory has no address. */
  readonly workload: Workload | undefined;
}

export type DnsAnswer =
  | { readonly kind: "addresses"; readonly service: MeshService; readonly addresses: readonly NamedAddress[] }
  /** An ExternalName that ends at a name of no Service. */
  | { readonly kind: "elsewhere"; readonly service: MeshService; readonly name: string };

/**
 * What the cluster's own DNS says of a full name: Services by ClusterIP, headless ones by their pods, their pods one by one, an
 * ExternalName by what it leads to. Undefined: it has no such name.
 * https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
 */
export function clusterDns(cluster: IstioCluster, name: string, hops = 0): DnsAnswer | undefined {
  const service = kubernetesService(cluster, name);
  if (service === undefined) return podByName(cluster, name);
  if (service.aliasOf !== undefined) {
    if (hops > 8) return undefined;
    const target = service.aliasOf.toLowerCase().replace(/\.$/, "");
    const found = clusterDns(cluster, target, hops + 1);
    return found ?? (isOfCluster(cluster, target) ? undefined : { kind: "elsewhere", service, name: target });
  }
  const addresses =
    service.resolution === "passthrough"
      ? headlessAddresses(cluster, service)
      : service.addresses.map((address) => ({ address, workload: undefined }));
  return addresses.length === 0 ? undefined : { kind: "addresses", service, addresses };
}

function kubernetesService(cluster: IstioCluster, name: string): MeshService | undefined {
  return kubeServiceNamed(cluster, undefined, name);
}

function isOfCluster({ settings: { clusterDomain } }: IstioCluster, name: string): boolean {
  return name.endsWith(`.svc.${clusterDomain}`);
}

/** The headless Service whose pod a name would be: `db.shop.svc.cluster.local` of `db-0.db.shop.svc.cluster.local`. */
export function headlessParent(cluster: IstioCluster, name: string): MeshService | undefined {
  const parent = kubernetesService(cluster, name.slice(name.indexOf(".") + 1));
  return parent?.resolution === "passthrough" ? parent : undefined;
}

/** `db-0.db.shop.svc.cluster.local`: where a pod has no host name of its own its address stands for it. */
function podByName(cluster: IstioCluster, name: string): DnsAnswer | undefined {
  const service = headlessParent(cluster, name);
  if (service === undefined) return undefined;
  const wanted = name.slice(0, name.indexOf("."));
  const addresses = headlessAddresses(cluster, service).filter(({ address, workload }) => {
    const own = workload?.subdomain === service.name ? (workload.hostnames ?? []) : [];
    return own.length > 0 ? own.includes(wanted) : address.replace(/[.:]/g, "-") === wanted;
  });
  return addresses.length === 0 ? undefined : { kind: "addresses", service, addresses };
}

/** What a pod's resolver adds to a short name, in this order; https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/ */
export function withSearchDomains(
  { clusterDomain }: Pick<MeshSettings, "clusterDomain">,
  namespace: string,
  name: string,
): readonly string[] {
  return [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain].map(
    (domain) => `${name}.${domain}`,
  );
}

/** A name as cluster DNS has it: `api.shop.svc` lacks the cluster's domain. */
export function withClusterDomain({ clusterDomain }: Pick<MeshSettings, "clusterDomain">, name: string): string {
  return name.endsWith(".svc") ? `${name}.${clusterDomain}` : name;
}

/** The ready pods of a headless Service, those that are not where it publishes them as well. */
export function headlessAddresses(cluster: IstioCluster, service: MeshService): readonly NamedAddress[] {
  const [port] = service.ports;
  const found =
    port === undefined
      ? cluster.select(service.namespace, service.selector ?? {}).map((workload) => ({
          workload,
          address: workload.address,
          isHealthy: workload.isReady,
        }))
      : endpointsOf(cluster, service, port).endpoints;
  return found
    .filter(({ isHealthy }) => isHealthy)
    .flatMap(({ address, workload }) => {
      const known = address ?? (workload === undefined ? undefined : `pod:${workload.namespace}/${workload.name}`);
      return known === undefined || (workload === undefined && !isIp(known)) ? [] : [{ address: known, workload }];
    });
}
