import { mergedGateway, sniHosts } from "../../istio/gateway/index.ts";
import { HostMap, type IstioCluster, labelsMatch, memoised, memoisedBy, type Workload } from "../../istio/index.ts";
import { targetPortOf } from "../../istio/registry/index.ts";
import type { Service, ServicePort } from "../../kinds/index.ts";
import type { MeshCluster } from "../../model/index.ts";

/** A Service of gateways that has a port which clients outside may call. */
export interface OutsideEntry {
  readonly cluster: IstioCluster;
  readonly service: Service;
  readonly port: ServicePort;
  /** `load balancer 192.0.2.9`, for people; undefined: nothing that we read leads to it from outside. */
  readonly how: string | undefined;
  readonly gateways: readonly Workload[];
}

/** Those of one cluster at a port, be it the Service's own or one of the nodes'. `declared`: the cluster's, if there is any. */
export function outsideEntries(
  cluster: IstioCluster,
  number: number,
  declared: MeshCluster | undefined,
): readonly OutsideEntry[] {
  return entriesAt(declaredAs(cluster, declared), number);
}

const declaredAs = memoisedBy((cluster: IstioCluster, declared: MeshCluster | undefined) => ({ cluster, declared }));

const entriesAt = memoisedBy(({ cluster, declared }: ReturnType<typeof declaredAs>, number: number) => {
  return cluster.all("Service").flatMap((service): readonly OutsideEntry[] => {
    const port = service.spec.ports?.find(
      (each) => (each.port === number || each.nodePort === number) && (each.protocol ?? "TCP") === "TCP",
    );
    const { selector = {} } = service.spec;
    if (port === undefined || Object.keys(selector).length === 0) return [];
    const gateways = cluster
      .select(service.metadata.namespace ?? "default", selector)
      .filter(({ proxy }) => proxy === "gateway");
    if (gateways.length === 0) return [];
    return [{ cluster, service, port, how: wayIn(cluster, service, { port, number, declared }), gateways }];
  });
});

/** https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types */
function wayIn(
  cluster: IstioCluster,
  service: Service,
  {
    port,
    number,
    declared,
  }: { readonly port: ServicePort; readonly number: number; readonly declared: MeshCluster | undefined },
): string | undefined {
  const given = declaredAddress(service, number, declared);
  if (given !== undefined) return `the declared address ${given}`;
  const { type, externalIPs = [] } = service.spec;
  const nodePort = port.nodePort === undefined ? undefined : `node port ${port.nodePort}`;
  if (number === port.nodePort) return nodePort;
  if (type === "LoadBalancer") {
    const [first] = service.status?.loadBalancer?.ingress ?? [];
    const address = first?.ip ?? first?.hostname;
    if (address !== undefined) return `load balancer ${address}`;
    // Manifests have no status.
    return nodePort ?? (cluster.source === "directory" ? "its load balancer" : undefined);
  }
  const [external] = externalIPs;
  if (external !== undefined) return `external IP ${external}`;
  return type === "NodePort" ? (nodePort ?? "its node port") : undefined;
}

function declaredAddress(service: Service, number: number, declared: MeshCluster | undefined): string | undefined {
  if (declared === undefined) return undefined;
  const { addresses = [], namespace, selector, port, httpPort } = declared.spec.ingressGateway;
  const [first] = addresses;
  const isIts = service.metadata.namespace === namespace && labelsMatch(selector, service.spec.selector ?? {});
  return isIts && (number === port || number === httpPort) ? first : undefined;
}

/**
 * How closely a server of the entry's gateways names a host: longer names count more, an exact one most. Less than 1: none does,
 * and 0 that nothing listens there at all.
 */
export function closeness(entry: OutsideEntry, host: string): number {
  const { isOpen, ranks } = serversBehind(entry);
  const name = host.toLowerCase();
  return ranks.get(name) === undefined ? (ranks.mostSpecific(name) ?? (isOpen ? 0.5 : 0)) : Number.POSITIVE_INFINITY;
}

/** Whether anything listens, and the lengths of the hosts that it listens for. */
const serversBehind = memoised(({ cluster, gateways, port }: OutsideEntry) => {
  const servers = gateways.flatMap((workload) => {
    const target = targetPortOf(port, workload);
    return mergedGateway(cluster, workload).servers.filter((server) => server.port === target);
  });
  const ranks = new HostMap<number>();
  for (const host of servers.flatMap(sniHosts)) ranks.set(host.toLowerCase(), host.length);
  return { isOpen: servers.length > 0, ranks };
});
