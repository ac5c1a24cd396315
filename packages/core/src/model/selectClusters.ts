import type { MeshCluster } from "./meshCluster.ts";
import type { ClusterSelector } from "./resource.ts";

/** The declared clusters that a selector names or matches, sorted by name; names that are not declared are left out. */
export function selectClusters(selector: ClusterSelector, clusters: readonly MeshCluster[]): readonly MeshCluster[] {
  const chosen = Array.isArray(selector)
    ? clusters.filter(({ metadata }) => selector.includes(metadata.name))
    : clusters.filter(({ metadata }) =>
        Object.entries(selector.matchLabels).every(([key, value]) => metadata.labels?.[key] === value),
      );
  return [...chosen].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}
