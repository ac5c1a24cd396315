import type { Observed, ObservedCluster } from "../model/index.ts";
import { IstioCluster, type SinceCluster } from "./istioCluster.ts";
import { type DeclaredMesh, meshSettings } from "./meshSettings.ts";
import type { NameScheme } from "./nameOrigin.ts";

/** What no object of a cluster tells. */
interface Declared {
  readonly mesh: DeclaredMesh | undefined;
  /** What names of the mesh look like; absent: Istio's alone. */
  readonly scheme?: NameScheme;
}

/** One observed cluster as its istiod sees it. `mesh`: as declared; without one Istio's defaults hold. */
export function istioCluster(
  cluster: ObservedCluster,
  { mesh, scheme }: Declared = { mesh: undefined },
  since?: SinceCluster,
): IstioCluster {
  const settings = since?.before.settings ?? meshSettings(cluster, mesh);
  const around = { settings, ...(scheme === undefined ? {} : { scheme }) };
  return new IstioCluster(cluster, around, since);
}

/** Clusters as they were seen before. */
interface Known {
  readonly observed: Pick<Observed, "clusters">;
  readonly facts: ReadonlyMap<string, IstioCluster>;
  /** The parts that changed since. */
  readonly changed: ReadonlySet<string>;
}

/** The same for all that could be read; of `known`, declared alike, those that are the same still. */
export function istioClusters(
  { clusters }: Pick<Observed, "clusters">,
  declared: Declared,
  known?: Known,
): ReadonlyMap<string, IstioCluster> {
  const all = new Map<string, IstioCluster>();
  for (const [name, cluster] of clusters) {
    const before = known?.facts.get(name);
    const since = known && before && { before, changed: known.changed };
    const isSame = before !== undefined && known?.observed.clusters.get(name) === cluster;
    all.set(name, isSame ? before : istioCluster(cluster, declared, since));
  }
  return all;
}

/** The parts that changed, with what was found of clusters and is another now. */
export function changedFacts(
  changed: ReadonlySet<string>,
  before: ReadonlyMap<string, IstioCluster>,
  after: ReadonlyMap<string, IstioCluster>,
): ReadonlySet<string> {
  const all = new Set(changed);
  for (const [name, cluster] of after) {
    if (before.get(name) !== cluster) for (const part of cluster.changed) all.add(part);
  }
  return all;
}
