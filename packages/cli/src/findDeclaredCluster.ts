import { type MeshCluster, nearestName, say, usage } from "@isthmus/core";

/** The cluster of that name. Throws USAGE where it is not declared. */
export function findDeclaredCluster(name: string, clusters: readonly MeshCluster[]): MeshCluster {
  const found = clusters.find(({ metadata }) => metadata.name === name);
  if (found === undefined) {
    const names = clusters.map(({ metadata }) => metadata.name);
    const meant = nearestName(name, names);
    throw usage(
      say`no cluster ${{ name }} is declared`,
      meant === undefined ? `declared are: ${names.join(", ")}` : `did you mean ${meant}?`,
    );
  }
  return found;
}
