import type { IstioCluster } from "../istioCluster.ts";
import type { Workload } from "../workload.ts";
import type { MeshEndpoint } from "./endpoints.ts";
import type { MeshService } from "./meshService.ts";

/** The field that binds a Service's callers inside of the cluster to the pods of their own node. */
export const nodeLocalField = "spec.internalTrafficPolicy";

/** pilot/pkg/serviceregistry/kube/conversion.go, ConvertService, NodeLocal; kube-proxy does the same. */
function isNodeLocal({ object, isKubernetes }: MeshService): boolean {
  return isKubernetes && "internalTrafficPolicy" in object.spec && object.spec.internalTrafficPolicy === "Local";
}

export interface OnNode {
  readonly endpoints: readonly MeshEndpoint[];
  /** False where the nodes of the caller or of an endpoint are not known, so that it may be more or fewer. */
  readonly isTold: boolean;
}

/** Endpoints on the caller's own node where the Service asks for that (xds/endpoints/endpoint_builder.go, filterIstioEndpoint). */
export function onOwnNode(
  cluster: IstioCluster,
  service: MeshService,
  { caller, endpoints }: { readonly caller: Workload; readonly endpoints: readonly MeshEndpoint[] },
): OnNode {
  if (!isNodeLocal(service)) return { endpoints, isTold: true };
  // What is not a pod is on no node.
  const pods = endpoints.flatMap((endpoint) =>
    endpoint.workload === undefined ? [] : [{ ...endpoint, workload: endpoint.workload }],
  );
  const near = onNodeOf(cluster, caller.node, pods);
  return { endpoints: near ?? [], isTold: near !== undefined };
}

/** Those on a node (undefined: its name is not known); undefined where that cannot be told. */
export function onNodeOf<T extends { readonly workload: Workload }>(
  cluster: IstioCluster,
  node: string | undefined,
  pods: readonly T[],
): readonly T[] | undefined {
  if (pods.length === 0) return [];
  const nodes = cluster.all("Node");
  // A cluster of one node has no other.
  const only = nodes.length === 1 ? nodes[0]?.metadata.name : undefined;
  const own = node ?? only;
  if (own === undefined || pods.some(({ workload }) => (workload.node ?? only) === undefined)) return undefined;
  return pods.filter(({ workload }) => (workload.node ?? only) === own);
}
