import { catalog, groupOf, type Observed, type ObservedCluster } from "@isthmus/core";

/** Kinds of which what was given in place of a cluster holds no object. */
export interface AbsentKinds {
  readonly cluster: string;
  readonly kinds: readonly string[];
  /** `absent`: they are taken not to exist; `unknown`: what may depend on them cannot be told. */
  readonly taken: "absent" | "unknown";
}

/** Of manifests and dumps that stand for clusters, as far as a request's fate may turn on it. */
export function absentKinds(observed: Observed): readonly AbsentKinds[] {
  return [...observed.clusters].flatMap(([cluster, each]): readonly AbsentKinds[] => {
    const missing = (each.unreadable ?? []).filter(({ isMissing }) => isMissing === true);
    const kinds = each.isTakenAsWhole === true ? absentOf(each) : missing.map(({ kind }) => kind);
    const taken = each.isTakenAsWhole === true ? "absent" : "unknown";
    return kinds.length === 0 ? [] : [{ cluster, kinds: [...new Set(kinds)], taken }];
  });
}

function absentOf({ objects }: ObservedCluster): readonly string[] {
  const present = new Set(objects.map(({ apiVersion, kind }) => `${groupOf(apiVersion)}/${kind}`));
  return deciding.filter(({ group, kind }) => !present.has(`${group}/${kind}`)).map(({ kind }) => kind);
}

const deciding = catalog.filter(
  ({ group, kind }) => group.endsWith(".istio.io") || (group === "" && (kind === "Service" || kind === "Pod")),
);
