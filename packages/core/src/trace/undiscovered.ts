import type { IstioCluster } from "../istio/index.ts";
import { clusterObject, type KubeObject, showClusterObject } from "../kinds/index.ts";

export const discoverySource = "pkg/kube/namespace/filter.go";

/** `namespace shop, which …`, for people. */
export function undiscovered({ name }: IstioCluster, namespace: string): string {
  return `namespace ${namespace}, which the istiod of ${name} does not look into (discoverySelectors)`;
}

export function fixDiscovery(namespace: string): string {
  return `Give namespace ${namespace} a label that discoverySelectors of the mesh config choose, or extend them.`;
}

interface Overlooked {
  readonly object: ReturnType<typeof clusterObject>;
  readonly detail: string;
  readonly fix: string;
}

/** What an object would do if istiod saw it: undefined where it does. */
export function overlooked(cluster: IstioCluster, object: KubeObject | undefined): Overlooked | undefined {
  const { namespace = "default" } = object?.metadata ?? {};
  if (object === undefined || cluster.isDiscovered(namespace)) return undefined;
  const found = clusterObject(cluster.name, object);
  return {
    object: found,
    detail: `${showClusterObject(found)} is in ${undiscovered(cluster, namespace)}`,
    fix: fixDiscovery(namespace),
  };
}
