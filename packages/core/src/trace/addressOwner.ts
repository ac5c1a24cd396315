import {
  askBy,
  canonicalHost,
  gatewayServices,
  type IstioCluster,
  imaginedGateway,
  kept,
  memoised,
  memoisedBy,
  parseHostPort,
  type Workload,
} from "../istio/index.ts";
import { kubeServiceAt, machineAt, tcpPortOf } from "../istio/registry/index.ts";
import type { Node, Service, ServicePort } from "../kinds/index.ts";
import type { MeshCluster } from "../model/index.ts";
import type { TraceWorld } from "./traceWorld.ts";

/** What of the observed clusters an address and port lead to. */
export type AddressOwner =
  | {
      readonly kind: "service";
      readonly cluster: IstioCluster;
      readonly service: Service;
      readonly port: ServicePort;
      /** `node port 32001 of node1`, for people. */
      readonly how: string;
      /** Set for a node port. */
      readonly node?: Node;
      /** The pods see the address of a node in place of the caller's. */
      readonly hidesSource: boolean;
    }
  | { readonly kind: "pod"; readonly cluster: IstioCluster; readonly workload: Workload }
  /** Pods of a gateway that a declared address leads to by no Service. */
  | {
      readonly kind: "gateway";
      readonly cluster: IstioCluster;
      readonly workloads: readonly Workload[];
      readonly port: number;
      readonly how: string;
    }
  /** The address is a cluster's, but nothing is at the port. */
  | { readonly kind: "nothing"; readonly cluster: IstioCluster; readonly what: string };

/** Undefined outside of all observed clusters. Cluster IPs and pod IPs count in the caller's own cluster only, if it is in any. */
export function addressOwner(
  world: TraceWorld,
  callerCluster: string | undefined,
  asWritten: string,
  port: number,
): AddressOwner | undefined {
  const address = canonicalHost(asWritten);
  const own = world.clusters.get(callerCluster ?? "");
  const inside = own === undefined ? undefined : ofClusterAddress(own, address, port);
  if (inside !== undefined && inside.kind !== "nothing") return inside;
  const clusters = new Set([...(own === undefined ? [] : [own]), ...world.clusters.values()]);
  let nothing: AddressOwner | undefined;
  for (const cluster of clusters) {
    const found = ofOutsideAddress(world, cluster, address, port);
    if (found !== undefined && found.kind !== "nothing") return found;
    nothing ??= found;
  }
  // What is an address of a node or a gateway leads to these, whatever a WorkloadEntry says of it.
  return inside ?? nothing ?? ofMachine(clusters, address);
}

function ofMachine(clusters: Iterable<IstioCluster>, address: string): AddressOwner | undefined {
  for (const cluster of clusters) {
    const workload = machineOf(cluster, address);
    if (workload !== undefined) return { kind: "pod", cluster, workload };
  }
  return undefined;
}

function ofClusterAddress(cluster: IstioCluster, address: string, port: number): AddressOwner | undefined {
  const workload = workloadAt(cluster, address);
  if (workload !== undefined) return { kind: "pod", cluster, workload };
  const service = serviceAt(cluster, address);
  if (service === undefined) return undefined;
  const found = tcpPortOf(service, port);
  const name = `${service.metadata.namespace}/${service.metadata.name}`;
  if (found === undefined) return { kind: "nothing", cluster, what: `Service ${name} has no port ${port}` };
  return {
    kind: "service",
    cluster,
    service,
    port: found,
    how: `the cluster IP of Service ${name}`,
    hidesSource: false,
  };
}

function ofOutsideAddress(
  world: TraceWorld,
  cluster: IstioCluster,
  address: string,
  port: number,
): AddressOwner | undefined {
  const services = publicServicesAt(cluster, address);
  const atService = services?.flatMap((service) => {
    const found = tcpPortOf(service, port);
    return found === undefined ? [] : [{ service, port: found }];
  })[0];
  if (atService !== undefined) {
    const { service } = atService;
    const how = `an address of Service ${service.metadata.namespace}/${service.metadata.name}`;
    return { kind: "service", cluster, ...atService, how, hidesSource: true };
  }
  const declared = ofDeclaredAddress(world, cluster, address, port);
  if (declared !== undefined) return declared;
  const node = nodeAt(cluster, address);
  if (node === undefined) {
    return services === undefined
      ? undefined
      : { kind: "nothing", cluster, what: `no Service with ${address} has port ${port}` };
  }
  const byNodePort = atNodePort(cluster, port);
  if (byNodePort !== undefined) {
    const how = `node port ${port} of ${node.metadata.name}`;
    return { kind: "service", cluster, ...byNodePort, how, node, hidesSource: true };
  }
  const host = onHostNetwork(cluster, [node.metadata.name, port]);
  if (host !== undefined) return { kind: "pod", cluster, workload: host };
  return { kind: "nothing", cluster, what: `node ${node.metadata.name} has no node port ${port}` };
}

/** An address that only the declarations know, as of a load balancer outside of Kubernetes. */
function ofDeclaredAddress(
  world: TraceWorld,
  cluster: IstioCluster,
  address: string,
  port: number,
): AddressOwner | undefined {
  if (world.declared.length === 0) return undefined;
  const declared = declaredByName(world.declared).get(cluster.name);
  if (declared === undefined) return undefined;
  for (const gateway of [declared.spec.eastWestGateway, declared.spec.ingressGateway]) {
    for (const given of gateway.addresses ?? []) {
      const { host, port: ownPort = gateway.port } = parseHostPort(given);
      if (canonicalHost(host) !== address || ownPort !== port) continue;
      const how = `a declared address of ${cluster.name}'s gateway`;
      const [service] = gatewayServices(cluster, gateway).filter((each) => tcpPortOf(each, gateway.port) !== undefined);
      const found = service === undefined ? undefined : tcpPortOf(service, gateway.port);
      if (service === undefined || found === undefined) return withoutService(cluster, gateway, how);
      return { kind: "service", cluster, service, port: found, how, hidesSource: true };
    }
  }
  return undefined;
}

const declaredByName = memoised(
  (declared: TraceWorld["declared"]) => new Map(declared.map((each) => [each.metadata.name, each])),
);

type DeclaredGateway = MeshCluster["spec"]["eastWestGateway" | "ingressGateway"];

/** Pods on host ports, or behind a load balancer that knows them by itself: they listen where their Gateway's server says. */
function withoutService(cluster: IstioCluster, gateway: DeclaredGateway, how: string): AddressOwner {
  const { namespace, selector, port } = gateway;
  const pods = cluster.select(namespace, selector);
  const ready = pods.filter(({ isReady }) => isReady);
  if (ready.length > 0) return { kind: "gateway", cluster, workloads: ready, port, how };
  if (pods.length > 0 || cluster.source === "live") {
    return { kind: "nothing", cluster, what: `no pod of its gateway in namespace ${namespace} is ready` };
  }
  // Repositories often lack what Istio's chart makes.
  return { kind: "gateway", cluster, workloads: [imagine(cluster, gateway)], port, how };
}

/** The same one each time, since much is known by its identity. */
const imagine = memoisedBy((cluster: IstioCluster, { namespace, selector }: DeclaredGateway): Workload => {
  const name = Object.values(selector)[0] ?? "gateway";
  return imaginedGateway(cluster.name, { namespace, name, labels: selector });
});

/** Services by the addresses that they have outside of the cluster. */
const publicServices = kept((cluster: IstioCluster): ReadonlyMap<string, readonly Service[]> => {
  const found = new Map<string, Service[]>();
  for (const service of cluster.all("Service")) {
    const ingress = service.status?.loadBalancer?.ingress ?? [];
    const addresses = [
      ...(service.spec.externalIPs ?? []),
      ...ingress.flatMap(({ ip, hostname }) => [ip ?? [], hostname ?? []].flat()),
    ];
    for (const each of addresses.map(canonicalHost)) found.set(each, [...(found.get(each) ?? []), service]);
  }
  return found;
});

const nodesByAddress = kept((cluster: IstioCluster): ReadonlyMap<string, Node> => {
  const all = cluster
    .all("Node")
    .flatMap((node) =>
      (node.status?.addresses ?? []).map(({ address }): readonly [string, Node] => [canonicalHost(address), node]),
    );
  return new Map(all);
});

const nodePorts = kept((cluster: IstioCluster): ReadonlyMap<number, Service> => {
  const found = new Map<number, Service>();
  for (const service of cluster.all("Service")) {
    for (const port of service.spec.ports ?? []) {
      if (isAtNode(port, port.nodePort)) found.set(port.nodePort ?? 0, service);
    }
  }
  return found;
});

function isAtNode({ nodePort, protocol = "TCP" }: ServicePort, asked: number | undefined): boolean {
  return nodePort !== undefined && nodePort === asked && protocol === "TCP";
}

function atNodePort(cluster: IstioCluster, nodePort: number) {
  const service = nodePortOwner(cluster, nodePort);
  const port = service?.spec.ports?.findLast((each) => isAtNode(each, nodePort));
  return service === undefined || port === undefined ? undefined : { service, port };
}

// All paths ask who has an address, of each cluster until one has it: what matters to them is the answer alone.
const workloadAt = askBy((cluster, address: string) => cluster.workloadAt(address));
const serviceAt = askBy((cluster, address: string) => kubeServiceAt(cluster, address)?.object as Service | undefined);
const machineOf = askBy((cluster, address: string) => machineAt(cluster, address));
const publicServicesAt = askBy((cluster, address: string) => publicServices(cluster).get(address)?.map(asCalled));
const nodeAt = askBy((cluster, address: string) => nodesByAddress(cluster).get(address));
const nodePortOwner = askBy((cluster, port: number) => {
  const service = nodePorts(cluster).get(port);
  return service && asCalled(service);
});

/** What a call of it depends on: not what a status says, nor who wrote it last. */
const asCalled = memoised(
  ({ apiVersion, kind, metadata: { name, namespace }, spec }: Service): Service => ({
    apiVersion,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec,
  }),
);
const onHostNetwork = askBy(({ workloads }, [node, port]: readonly [node: string, port: number]) =>
  workloads.find(
    (each) =>
      each.isHostNetwork && each.node === node && each.ports.some(({ containerPort }) => containerPort === port),
  ),
);
