import type { Mesh } from "../model/mesh.ts";
import type { Observed, ObservedCluster } from "../model/observed.ts";
import { IstioCluster } from "./istioCluster.ts";
import type { NameScheme } from "./nameOrigin.ts";

/** What no object of a cluster tells. */
interface Declared {
  readonly mesh: Pick<Mesh, "spec"> | undefined;
  /** What names of the mesh look like; absent: Istio's alone. */
  readonly scheme?: NameScheme;
}

/** One observed cluster as its istiod sees it. `mesh`: as declared; without one Istio's defaults hold. */
export function istioCluster(cluster: ObservedCluster, { mesh, scheme }: Declared): IstioCluster {
  return new IstioCluster(cluster, {
    ...(mesh === undefined ? {} : { clusterDomain: mesh.spec.clusterDomain, addressPool: mesh.spec.addressPool }),
    ...(scheme === undefined ? {} : { scheme }),
  });
}

/** The same for all that could be read. */
export function istioClusters(
  { clusters }: Pick<Observed, "clusters">,
  declared: Declared,
): ReadonlyMap<string, IstioCluster> {
  return new Map([...clusters].map(([name, cluster]) => [name, istioCluster(cluster, declared)]));
}
