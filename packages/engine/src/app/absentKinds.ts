import { catalog, groupOf, type Observed } from "@isthmus/core";

/**
 * What a request's fate may turn on and the manifests of a cluster hold none of: a dump that was made without a kind looks like a
 * cluster that has none of it. By cluster; those that were asked themselves are left out.
 */
export function absentKinds(observed: Observed): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const [cluster, { source, objects }] of observed.clusters) {
    const present = new Set(objects.map(({ apiVersion, kind }) => `${groupOf(apiVersion)}/${kind}`));
    const absent = deciding.filter(({ group, kind }) => !present.has(`${group}/${kind}`)).map(({ kind }) => kind);
    if (source === "directory" && absent.length > 0) found.set(cluster, absent);
  }
  return found;
}

const deciding = catalog.filter(
  ({ group, kind }) => group.endsWith(".istio.io") || (group === "" && (kind === "Service" || kind === "Pod")),
);
