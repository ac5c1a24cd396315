import type { IstioCluster, Workload } from "../../istio/index.ts";
import { endpointsOf, kubeServiceAt, type MeshService, onOwnNode } from "../../istio/registry/index.ts";
import type { Destination } from "../attempt.ts";

export type KubeProxied =
  /** The address is none of the cluster's Services. */
  | { readonly kind: "not a service" }
  | { readonly kind: "no port"; readonly service: MeshService }
  | { readonly kind: "no endpoints"; readonly service: MeshService }
  /** There are some, on other nodes than the caller's, and the Service is for its own only; or that cannot be told. */
  | { readonly kind: "other nodes"; readonly service: MeshService; readonly isTold: boolean }
  | { readonly kind: "pods"; readonly service: MeshService; readonly destinations: readonly Destination[] };

/** Where a connection to a ClusterIP ends without a proxy: one of the Service's ready pods; WorkloadEntries are Istio's only. */
export function throughKubeProxy(
  cluster: IstioCluster,
  { caller, address, port: number }: { readonly caller: Workload; readonly address: string; readonly port: number },
): KubeProxied {
  const service = kubeServiceAt(cluster, address);
  if (service === undefined) return { kind: "not a service" };
  const port = service.ports.find((each) => each.number === number);
  if (port === undefined) return { kind: "no port", service };
  const pods = endpointsOf(cluster, service, port).endpoints.filter(({ isHealthy, workload }) => isHealthy && workload);
  const { endpoints, isTold } = onOwnNode(cluster, service, { caller, endpoints: pods });
  if (!isTold || (endpoints.length === 0 && pods.length > 0)) return { kind: "other nodes", service, isTold };
  const destinations = endpoints.flatMap((endpoint): readonly Destination[] =>
    endpoint.workload === undefined ? [] : [{ kind: "pod", workload: endpoint.workload, port: endpoint.port }],
  );
  return destinations.length === 0 ? { kind: "no endpoints", service } : { kind: "pods", service, destinations };
}
