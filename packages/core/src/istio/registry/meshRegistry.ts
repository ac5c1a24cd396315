import type { KubeObject, Service } from "../../kinds/index.ts";
import { kept, keptBy, rowOf } from "../found.ts";
import { isWildcard } from "../hostNames.ts";
import { canonicalHost } from "../hostPort.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { memoisedBy } from "../memoised.ts";
import { isPublic, isVisible } from "../visibility.ts";
import { type MeshService, meshServiceOfService, meshServicesOfEntry } from "./meshService.ts";

/** istiod's service registry of one cluster. pilot/pkg/model/push_context.go, initServiceRegistry */
export interface MeshRegistry {
  /** By age, then name, then namespace. */
  readonly services: readonly MeshService[];
  readonly byHost: ReadonlyMap<string, readonly MeshService[]>;
  /** Of all, those with a wildcard for a host. */
  readonly wildcards: readonly MeshService[];
}

export const meshRegistry = kept((cluster: IstioCluster): MeshRegistry => {
  const found = [
    ...cluster.discoveredServices.map((service) => registeredService(cluster, service)),
    ...cluster.all("ServiceEntry").flatMap((entry) => entryServices(cluster.traits, entry)),
  ].sort(byAge);
  return indexed(withAliases(found));
});

/** What would be in the registry if istiod looked into its namespace. */
export const overlookedServices = kept((cluster: IstioCluster): MeshRegistry => {
  const isOverlooked = ({ metadata }: KubeObject) => !cluster.isDiscovered(metadata.namespace ?? "default");
  return indexed([
    ...cluster
      .stored("Service")
      .filter(isOverlooked)
      .map((service) => registeredService(cluster, service)),
    ...cluster
      .stored("ServiceEntry")
      .filter(isOverlooked)
      .flatMap((entry) => entryServices(cluster.traits, entry)),
  ]);
});

/** All of a host. */
export const registered = rowOf(kept((cluster) => meshRegistry(cluster).byHost));

/** All of a host; where the registry has none, those that istiod overlooks. */
export function servicesOfHost(cluster: IstioCluster, host: string): readonly MeshService[] {
  return registered(cluster, undefined, host) ?? overlookedServices(cluster).byHost.get(host) ?? [];
}

function indexed(services: readonly MeshService[]): MeshRegistry {
  const byHost = new Map<string, MeshService[]>();
  for (const service of services) {
    const others = byHost.get(service.host);
    if (others === undefined) byHost.set(service.host, [service]);
    else others.push(service);
  }
  return { services, byHost, wildcards: services.filter(({ host }) => isWildcard(host)) };
}

/** Kubernetes' Services by their full names, whether istiod sees them or not: what cluster DNS and kube-proxy know. */
export const kubeServices = kept((cluster: IstioCluster): ReadonlyMap<string, MeshService> => {
  const all = cluster.stored("Service").map((service) => registeredService(cluster, service));
  return new Map(all.map((service) => [service.host, service]));
});

/** One by its full name. */
export const kubeServiceNamed = rowOf(kubeServices);

/** The Service that has a ClusterIP, or what stands for one that a manifest does not have yet. */
export function kubeServiceAt(cluster: IstioCluster, address: string): MeshService | undefined {
  return kubeServicesByAddress(cluster).get(canonicalHost(address));
}

const kubeServicesByAddress = kept((cluster: IstioCluster) => {
  const all = [...kubeServices(cluster).values()];
  return new Map(all.flatMap((service) => service.addresses.map((each) => [canonicalHost(each), service] as const)));
});

/** As the registry has a Service: the same one as long as its object is the same. */
export function registeredService({ traits }: IstioCluster, service: Service): MeshService {
  return kubeService(traits, service);
}

const kubeService = memoisedBy(meshServiceOfService);

const entryServices = memoisedBy(meshServicesOfEntry);

function byAge(left: MeshService, right: MeshService): number {
  return (
    compare(left.created, right.created) || compare(left.name, right.name) || compare(left.namespace, right.namespace)
  );
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** ExternalName Services are followed to what they end at; a loop leads nowhere (resolveServiceAliases). */
function withAliases(services: readonly MeshService[]): readonly MeshService[] {
  const next = new Map(
    services.flatMap(({ host, aliasOf }) => (aliasOf === undefined ? [] : [[host, aliasOf] as const])),
  );
  if (next.size === 0) return services;
  const aliases = new Map<string, string[]>();
  for (const [alias, first] of next) {
    const seen = new Set([alias]);
    let target: string | undefined = first;
    while (target !== undefined && next.has(target) && !seen.has(target)) {
      seen.add(target);
      target = next.get(target);
    }
    if (target === undefined || next.has(target)) continue;
    aliases.set(target, [...(aliases.get(target) ?? []), alias]);
  }
  return services.map((service) => {
    const own = aliases.get(service.host);
    return own === undefined ? service : { ...service, aliases: own.sort() };
  });
}

/** Those exported to the namespace by name first, then the public ones (servicesExportedToNamespace). */
export const servicesVisibleTo = keptBy((cluster, namespace: string): readonly MeshService[] => {
  const { services } = meshRegistry(cluster);
  return [
    ...services.filter((service) => !isPublic(service) && isVisible(service, namespace)),
    ...services.filter(isPublic),
  ];
});
