import type { Mesh } from "../model/mesh.ts";
import type { Observed, ObservedCluster } from "../model/observed.ts";
import { IstioCluster } from "./istioCluster.ts";

/** What no object of a cluster tells. */
type Declared = { readonly mesh: Pick<Mesh, "spec"> | undefined };

/** One observed cluster as its istiod sees it. `mesh`: as declared; without one Istio's defaults hold. */
export function istioCluster(cluster: ObservedCluster, { mesh }: Declared): IstioCluster {
  return new IstioCluster(cluster, mesh === undefined ? {} : { clusterDomain: mesh.spec.clusterDomain });
}

/** The same for all that could be read. */
export function istioClusters(
  { clusters }: Pick<Observed, "clusters">,
  declared: Declared,
): ReadonlyMap<string, IstioCluster> {
  return new Map([...clusters].map(([name, cluster]) => [name, istioCluster(cluster, declared)]));
}
