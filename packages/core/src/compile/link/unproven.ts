import { objectPlace, say } from "../../findings/index.ts";
import { memoised } from "../../istio/index.ts";
import { groupOf, isOurs, type KubeObject, keyOf, refOf, showRef, whyNotOurs, writingOf } from "../../kinds/index.ts";
import type { Observed } from "../../model/index.ts";
import type { Report } from "../declaration/report.ts";

const faultOf = memoised(whyNotOurs);

/**
 * The objects of each cluster, by key, that carry our label and are neither wanted nor shown to be ours (law 13): a warning
 * each, and nobody deletes them. What is wanted is ours by its place and name.
 */
export function unprovenObjects(
  observed: Observed,
  desired: ReadonlyMap<string, ReadonlyMap<string, KubeObject>>,
  report: Report,
): ReadonlyMap<string, ReadonlySet<string>> {
  const unproven = new Map<string, ReadonlySet<string>>();
  for (const { name, objects } of observed.clusters.values()) {
    const keys = new Set<string>();
    for (const object of objects) {
      if (!isOurs(object) || writingOf(groupOf(object.apiVersion), object.kind) === undefined) continue;
      const ref = refOf(object);
      const fault = faultOf(object);
      if (fault === undefined || desired.get(name)?.has(keyOf(ref)) === true) continue;
      keys.add(keyOf(ref));
      report.add(
        undefined,
        "OWNERSHIP_UNPROVEN",
        objectPlace(name, ref),
        say`${{ ref: showRef(ref) }} in ${{ name }} carries the label of isthmus, but ${{ fault }}: it is taken for somebody else's`,
        "remove the label app.kubernetes.io/managed-by from it, or the object if nobody needs it",
      );
    }
    if (keys.size > 0) unproven.set(name, keys);
  }
  return unproven;
}
