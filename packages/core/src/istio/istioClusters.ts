import type { Observed, ObservedCluster } from "../model/index.ts";
import { IstioCluster } from "./istioCluster.ts";
import { type DeclaredMesh, meshSettings } from "./meshSettings.ts";
import type { NameScheme } from "./nameOrigin.ts";

/** What no object of a cluster tells. */
interface Declared {
  readonly mesh: DeclaredMesh | undefined;
  /** What names of the mesh look like; absent: Istio's alone. */
  readonly scheme?: NameScheme;
}

/** One observed cluster as its istiod sees it. `mesh`: as declared; without one Istio's defaults hold. */
export function istioCluster(cluster: ObservedCluster, { mesh, scheme }: Declared = { mesh: undefined }): IstioCluster {
  return new IstioCluster(cluster, {
    settings: meshSettings(cluster, mesh),
    ...(scheme === undefined ? {} : { scheme }),
  });
}

/** Clusters as they were seen before. */
interface Known {
  readonly observed: Pick<Observed, "clusters">;
  readonly facts: ReadonlyMap<string, IstioCluster>;
}

/** The same for all that could be read; of `known`, declared alike, those that are the same still. */
export function istioClusters(
  { clusters }: Pick<Observed, "clusters">,
  declared: Declared,
  known?: Known,
): ReadonlyMap<string, IstioCluster> {
  const all = new Map<string, IstioCluster>();
  for (const [name, cluster] of clusters) {
    const before = known?.observed.clusters.get(name) === cluster ? known.facts.get(name) : undefined;
    all.set(name, before ?? istioCluster(cluster, declared));
  }
  return all;
}
