import type { KubeObject } from "./kubeObject.ts";

/** An object of one of the clusters, by name. */
export interface ClusterObject {
  readonly cluster: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

export function clusterObject(
  cluster: string,
  { kind, metadata }: Pick<KubeObject, "kind" | "metadata">,
): ClusterObject {
  const { name, namespace } = metadata;
  return { cluster, kind, ...(namespace === undefined ? {} : { namespace }), name };
}

/** `ServiceEntry foo/httpbin`, for people. */
export function showClusterObject({ kind, namespace, name }: Omit<ClusterObject, "cluster">): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}
