import { type Json, type JsonObject, listOf, mapOf, textOf } from "./json.ts";

/** Addresses and node ports as kube-apiserver hands them out. */
export interface ServiceAllocator {
  clusterIp(): string;
  nodePort(): number;
}

/** What kube-apiserver adds to a Service that leaves it open. https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/v1/defaults.go */
export function defaultService(service: JsonObject, allocator: ServiceAllocator): JsonObject {
  const spec = mapOf(service.spec);
  const type = textOf(spec.type) ?? "ClusterIP";
  const isExposed = type === "NodePort" || type === "LoadBalancer";
  const ports = listOf(spec.ports).map((port) => defaultPort(mapOf(port), isExposed, allocator));
  const defaulted: JsonObject = {
    ...spec,
    ...(ports.length === 0 ? {} : { ports }),
    ...(type === "ExternalName" ? {} : addresses(spec, allocator)),
    type,
    sessionAffinity: spec.sessionAffinity ?? "None",
    ...(isExposed ? { externalTrafficPolicy: spec.externalTrafficPolicy ?? "Cluster" } : {}),
    ...(type === "LoadBalancer" ? { allocateLoadBalancerNodePorts: spec.allocateLoadBalancerNodePorts ?? true } : {}),
  };
  return { ...service, spec: defaulted, status: service.status ?? { loadBalancer: {} } };
}

function addresses(spec: JsonObject, allocator: ServiceAllocator): JsonObject {
  const clusterIP: Json = spec.clusterIP ?? allocator.clusterIp();
  return {
    clusterIP,
    clusterIPs: spec.clusterIPs ?? [clusterIP],
    ipFamilies: spec.ipFamilies ?? ["IPv4"],
    ipFamilyPolicy: spec.ipFamilyPolicy ?? "SingleStack",
    internalTrafficPolicy: spec.internalTrafficPolicy ?? "Cluster",
  };
}

function defaultPort(port: JsonObject, isExposed: boolean, allocator: ServiceAllocator): JsonObject {
  return {
    ...port,
    protocol: port.protocol ?? "TCP",
    targetPort: port.targetPort ?? port.port,
    ...(isExposed ? { nodePort: port.nodePort ?? allocator.nodePort() } : {}),
  };
}
