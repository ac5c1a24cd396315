import { type IstioCluster, isIn, showHostPort, virtualAddress, type Workload } from "../istio/index.ts";
import {
  clusterDns,
  isMachine,
  type MeshService,
  type NamedAddress,
  nodeLocalField,
  onNodeOf,
  type PodPort,
  readyPods,
  registered,
  searched,
  unresolvable,
  withClusterDomain,
} from "../istio/registry/index.ts";
import { clusterObject, type Service } from "../kinds/index.ts";
import { type AddressOwner, addressOwner } from "./addressOwner.ts";
import type { Attempt, PublicService } from "./attempt.ts";
import { type Arrival, broken, ended, failedConnection, passed, share, show, silence } from "./server/arrival.ts";
import { serveAlike } from "./server/serveAlike.ts";
import { serveAtGateway } from "./server/serveAtGateway.ts";
import { tlsInTls } from "./server/tlsInTls.ts";
import type { TraceBranch } from "./traceResult.ts";
import type { TraceWorld } from "./traceWorld.ts";

/**
 * The server's half of a way: what takes the connection of an attempt, and what comes of it. The probabilities of the branches
 * add up to the attempt's; each has the attempt's hops and its own.
 */
export function serveAttempt(world: TraceWorld, attempt: Attempt): readonly TraceBranch[] {
  const { probability, hops, transport, payload, caller } = attempt;
  const { workload } = caller;
  const sourceAddress = workload?.address;
  const arrival = { attempt, probability, hops, transport, payload, from: workload, sourceAddress, through: [] };
  return serve(world, arrival, attempt.destination);
}

/** Where gateways come in, they send on what they took: an attempt of their own. */
function serve(world: TraceWorld, arrival: Arrival, destination: Attempt["destination"]): readonly TraceBranch[] {
  if (destination.kind === "public service") return serveAtPublicService(world, arrival, destination);
  if (destination.kind === "pod") {
    const cluster = world.clusters.get(destination.workload.cluster);
    if (cluster === undefined) return unreadable(arrival, destination.workload.cluster);
    return serveAtWorkload(world, arrival, { cluster, workload: destination.workload, port: destination.port });
  }
  const from = arrival.from?.cluster;
  const { port } = destination;
  const own = destination.isHostname && from !== undefined ? world.clusters.get(from) : undefined;
  const { namespace = "" } = arrival.from ?? {};
  const why = own === undefined ? undefined : unresolvable(own, namespace, destination.address);
  if (own !== undefined && why !== undefined) return unresolved(arrival, own.name, `${destination.address}: ${why}`);
  const found = own === undefined ? destination.address : resolve(own, searched(own, namespace, destination.address));
  if (typeof found === "string")
    return serveAtAddress(world, arrival, { from, name: destination.address, address: found, port });
  return found.flatMap(({ address, workload }) => {
    const part = share(arrival, 1 / found.length);
    if (workload === undefined) return serveAtAddress(world, part, { from, name: destination.address, address, port });
    const cluster = world.clusters.get(workload.cluster);
    return cluster === undefined
      ? unreadable(part, workload.cluster)
      : serveAtWorkload(world, part, { cluster, workload, port });
  });
}

interface AddressFrom {
  readonly from: string | undefined;
  /** As the endpoint has it. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

function serveAtAddress(
  world: TraceWorld,
  arrival: Arrival,
  { from, name, address, port }: AddressFrom,
): readonly TraceBranch[] {
  const owner = addressOwner(world, from, address, port);
  const at = showHostPort(name, port);
  return owner === undefined
    ? leave(world, arrival, { address: name, port })
    : serveAtOwner(world, arrival, { owner, at, port });
}

/** As the caller's cluster DNS answers; the name itself where that is none of its own. */
function resolve(cluster: IstioCluster, name: string): string | readonly NamedAddress[] {
  const answer = clusterDns(cluster, withClusterDomain(cluster.settings, name));
  if (answer === undefined) return name;
  return answer.kind === "addresses" ? answer.addresses : answer.name;
}

/** Envoy has an upstream cluster without any address then. */
function unresolved(arrival: Arrival, cluster: string, name: string): readonly TraceBranch[] {
  const fault = {
    name: "endpoints" as const,
    cluster,
    code: "TRACE_ADDRESS_UNKNOWN" as const,
    detail: `an endpoint is to be resolved by DNS, and has no address there, ${name}`,
    fix: `Create the Service that it names, or correct the endpoint's address.`,
    source: "pilot/pkg/networking/core/cluster.go",
  };
  return broken(arrival, fault, failedConnection(arrival, arrival.through.length > 0 ? "UF" : "UH"));
}

interface OwnerAt {
  readonly owner: AddressOwner;
  /** `192.0.2.1:32001`, for people; undefined where `owner.how` says it all. */
  readonly at: string | undefined;
  readonly port: number;
}

const connectionSource = "https://kubernetes.io/docs/reference/networking/virtual-ips/";

function serveAtOwner(
  world: TraceWorld,
  arrival: Arrival,
  { owner, at: where, port }: OwnerAt,
): readonly TraceBranch[] {
  const { cluster } = owner;
  const hop = { name: "connection" as const, cluster: cluster.name, source: connectionSource };
  if (owner.kind === "nothing") {
    const fault = {
      ...hop,
      code: "TRACE_NOTHING_LISTENS" as const,
      detail: `${where} is an address of ${cluster.name}, but ${owner.what}`,
      fix: "Correct the endpoint's port: the node port of the gateway's Service, or its own port at a load balancer.",
    };
    return broken(arrival, fault, failedConnection(arrival, "UF"));
  }
  if (owner.kind === "pod") {
    const { workload } = owner;
    const at = passed(arrival, {
      ...hop,
      detail: `${where} is ${isMachine(workload) ? "machine" : "pod"} ${workload.namespace}/${workload.name}`,
    });
    return serveAtWorkload(world, at, { cluster, workload, port });
  }
  if (owner.kind === "gateway") {
    const { workloads, how } = owner;
    const assumes = [
      { about: "gateway", detail: `${where} leads to ${showPods(workloads)} at port ${owner.port}` },
    ] as const;
    const at = passed({ ...arrival, sourceAddress: undefined }, { ...hop, assumes, detail: `${where} is ${how}` });
    return workloads.flatMap((workload) =>
      serveAtWorkload(world, share(at, 1 / workloads.length), { cluster, workload, port: owner.port }),
    );
  }
  const { service, how, node } = owner;
  const all = readyPods(cluster, service, owner.port);
  const isLocal = node !== undefined && service.spec.externalTrafficPolicy === "Local";
  const { from: caller } = arrival;
  const isInside = node === undefined && !owner.hidesSource && caller !== undefined;
  if (isInside && service.spec.internalTrafficPolicy === "Local") {
    return serveOnNode(world, arrival, { owner, caller, pods: all });
  }
  const pods = isLocal ? onNodeOf(cluster, node.metadata.name, all) : all;
  const about = { ...hop, object: clusterObject(cluster.name, service) };
  if (pods === undefined) {
    const why = `${show(service)} takes calls at a node for pods of that node only (externalTrafficPolicy Local), and which nodes its pods are on is not known`;
    const at = passed(arrival, { ...about, field: "spec.externalTrafficPolicy", detail: why }, "unknown");
    return ended(at, { kind: "unknown", why });
  }
  if (pods.length === 0) {
    const onNode = isLocal && all.length > 0 ? ` on node ${node.metadata.name} (externalTrafficPolicy Local)` : "";
    const fault = {
      ...about,
      code: "TRACE_NOTHING_LISTENS" as const,
      detail: `${where === undefined ? "" : `${where} is ${how}, and `}${show(service)} has no ready pod with the target port${onNode}`,
      fix: `Start the pods that ${show(service)} selects (${selectorOf(service)}), or correct its selector or targetPort.`,
    };
    return broken(arrival, fault, isLocal && all.length > 0 ? silence(arrival) : failedConnection(arrival, "UF"));
  }
  const at = passed(
    { ...arrival, sourceAddress: owner.hidesSource ? undefined : arrival.sourceAddress },
    { ...about, detail: `${where === undefined ? how : `${where} is ${how}, which`} leads to ${show(service)}` },
  );
  return pods.flatMap((pod) => serveAtWorkload(world, share(at, 1 / pods.length), { cluster, ...pod }));
}

/** A cluster IP that leads to pods of the caller's own node only; kube-proxy drops the rest. */
function serveOnNode(
  world: TraceWorld,
  arrival: Arrival,
  {
    owner: { cluster, service },
    caller,
    pods,
  }: {
    readonly owner: Extract<AddressOwner, { readonly kind: "service" }>;
    readonly caller: Workload;
    readonly pods: readonly PodPort[];
  },
): readonly TraceBranch[] {
  const hop = {
    name: "connection" as const,
    cluster: cluster.name,
    object: clusterObject(cluster.name, service),
    field: nodeLocalField,
    source: connectionSource,
  };
  const only = `${show(service)} is for pods of the caller's own node (internalTrafficPolicy Local)`;
  const near = onNodeOf(cluster, caller.node, pods);
  if (near === undefined) {
    const why = `${only}, and which node ${caller.name} or its pods are on is not known`;
    return ended(passed(arrival, { ...hop, detail: why }, "unknown"), { kind: "unknown", why });
  }
  if (near.length === 0) {
    const fault = {
      ...hop,
      code: "TRACE_NO_ENDPOINTS" as const,
      detail: `${only}, and has none on that of ${caller.name}`,
      fix: "Set internalTrafficPolicy: Cluster, or run its pods on every node that calls.",
    };
    return broken(arrival, fault, silence(arrival));
  }
  const at = passed(arrival, { ...hop, detail: `${only}: ${near.length} of ${pods.length}` });
  return near.flatMap((pod) => serveAtWorkload(world, share(at, 1 / near.length), { cluster, ...pod }));
}

function showPods([first, ...more]: readonly Workload[]): string {
  return `${first?.namespace}/${first?.name}${more.length > 0 ? " and others" : ""}`;
}

function serveAtPublicService(
  world: TraceWorld,
  arrival: Arrival,
  { cluster: name, service, port, how }: PublicService,
): readonly TraceBranch[] {
  const cluster = world.clusters.get(name);
  if (cluster === undefined) return unreadable(arrival, name);
  const owner = { kind: "service", cluster, service, port, how, hidesSource: true } as const;
  return serveAtOwner(world, arrival, { owner, at: undefined, port: port.port });
}

function selectorOf({ spec: { selector = {} } }: Service): string {
  const labels = Object.entries(selector).map(([key, value]) => `${key}: ${value}`);
  return labels.length === 0 ? "none" : labels.join(", ");
}

interface WorkloadPort {
  readonly cluster: IstioCluster;
  readonly workload: Workload;
  readonly port: number;
}

function serveAtWorkload(
  world: TraceWorld,
  arrival: Arrival,
  { cluster, workload, port }: WorkloadPort,
): readonly TraceBranch[] {
  if (workload.proxy !== "gateway") return serveAlike(arrival, cluster, workload, port);
  return serveAtGateway(arrival, { world, cluster, workload, port, forward: (next, to) => serve(world, next, to) });
}

function unreadable(arrival: Arrival, cluster: string): readonly TraceBranch[] {
  return ended(arrival, { kind: "unknown", why: `cluster ${cluster} cannot be read` });
}

/** Something before the clusters may have it and lead on: a load balancer that Kubernetes does not know. */
function outsideAll(arrival: Arrival, address: string): readonly TraceBranch[] {
  const why = `${address} is not an address of an observed cluster: declare it in addresses of the MeshCluster's ingressGateway if it leads to one`;
  const hop = { name: "connection" as const, detail: why, source: connectionSource };
  return ended(passed(arrival, hop, "unknown"), { kind: "unknown", why });
}

function isPinned({ isKubernetes, resolution }: MeshService): boolean {
  return !isKubernetes && resolution === "endpoints";
}

/** The node whose pods' range has an address; all pods of a cluster that can be read are known. */
function nodeOfPods(cluster: IstioCluster, address: string): string | undefined {
  if (cluster.source !== "live") return undefined;
  return cluster.all("Node").find(({ spec }) => spec?.podCIDRs?.some((range) => isIn(range, address)))?.metadata.name;
}

/** No observed cluster has the address. A server of the mesh cannot be there, unless a cluster is out of sight. */
function leave(
  world: TraceWorld,
  arrival: Arrival,
  { address, port }: { readonly address: string; readonly port: number },
): readonly TraceBranch[] {
  const hop = { name: "connection" as const, source: "pilot/pkg/serviceregistry/serviceentry/conversion.go" };
  const at = showHostPort(address, port);
  const { from: workload } = arrival;
  if (workload === undefined) return outsideAll(arrival, at);
  const { cluster } = workload;
  const own = world.clusters.get(cluster);
  const virtual = own === undefined ? undefined : virtualAddress(own, address);
  if (virtual !== undefined) {
    const fault = {
      ...hop,
      cluster,
      code: "TRACE_NOTHING_LISTENS" as const,
      detail: `${at} is ${virtual}: nothing is there, and no sidecar leads on from there for a proxy`,
      fix: "Correct the address: that of a server, or of a gateway that leads to it.",
    };
    return broken(arrival, fault, silence(arrival));
  }
  const formerNode = own === undefined ? undefined : nodeOfPods(own, address);
  if (formerNode !== undefined) {
    const fault = {
      ...hop,
      cluster,
      code: "TRACE_NOTHING_LISTENS" as const,
      detail: `${address} is among the addresses of pods of node ${formerNode}, and no pod has it`,
      fix: "Correct the address: a pod's changes with every restart; name its Service.",
    };
    return broken(arrival, fault, silence(arrival));
  }
  const pinned = own === undefined ? undefined : registered(own, undefined, address)?.find(isPinned);
  if (pinned !== undefined) {
    const why = `${show(pinned.object)} gives ${address} addresses of its own, which a proxy's DNS does not ask: whether another has the name cannot be told`;
    return ended(passed(arrival, { ...hop, cluster, detail: why }, "unknown"), { kind: "unknown", why });
  }
  if (arrival.transport.mode !== "ISTIO_MUTUAL") {
    const wrapped = tlsInTls(arrival, { cluster, who: at });
    if (wrapped !== undefined) return wrapped;
    const detail = `${at} is of no observed cluster: the request leaves the mesh`;
    const assumes = [{ about: "server", detail: `${at} answers` }] as const;
    return ended(passed(arrival, { ...hop, cluster, assumes, detail }), {
      kind: "answered",
      by: { type: "outside", address, port },
    });
  }
  if (world.unreadable.length > 0) {
    const why = `${at} may be of ${world.unreadable.join(", ")}, which cannot be read`;
    return ended(passed(arrival, { ...hop, cluster, detail: why }, "unknown"), { kind: "unknown", why });
  }
  const fault = {
    ...hop,
    cluster,
    code: "TRACE_ADDRESS_UNKNOWN" as const,
    detail: `${at} is not an address of any observed cluster, and mutual TLS of the mesh is spoken to it`,
    fix: "Correct the endpoint's address: a node's with the gateway's node port, or the gateway's load balancer.",
  };
  return broken(arrival, fault, failedConnection(arrival, "UF"));
}
