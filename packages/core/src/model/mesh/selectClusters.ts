import type { MeshCluster } from "./meshCluster.ts";

/** Whether an entry of a selector asks for labels; else it is a cluster's name. */
function isLabelSelector(entry: string): boolean {
  return entry.includes("=");
}

/** The declared clusters that one entry of a selector names (`cluster1`) or matches (`env=prod,tier=edge`). */
export function matchClusters(entry: string, clusters: readonly MeshCluster[]): readonly MeshCluster[] {
  if (!isLabelSelector(entry)) return clusters.filter(({ metadata }) => metadata.name === entry);
  const wanted = entry.split(",").map((pair) => {
    const equals = pair.indexOf("=");
    return [pair.slice(0, equals), pair.slice(equals + 1)] as const;
  });
  return clusters.filter(({ metadata }) => {
    const labels = new Map(Object.entries(metadata.labels ?? {}));
    return wanted.every(([key, value]) => labels.get(key) === value);
  });
}

/** The declared clusters that a selector names or matches, sorted by name; names that are not declared are left out. */
export function selectClusters(selector: readonly string[], clusters: readonly MeshCluster[]): readonly MeshCluster[] {
  const chosen = new Set(selector.flatMap((entry) => matchClusters(entry, clusters)));
  return [...chosen].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

/** Whether a selector names or matches a cluster, by its name; a cluster that is not declared only by name. */
export function selectsCluster(
  selector: readonly string[],
  cluster: string,
  clusters: readonly MeshCluster[],
): boolean {
  return (
    selector.includes(cluster) || selectClusters(selector, clusters).some(({ metadata }) => metadata.name === cluster)
  );
}
