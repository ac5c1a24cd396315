import { objectPlace, say } from "../../findings/index.ts";
import { isOurs, isWritable, type KubeObject, keyOf, refOf, showRef, whyNotOurs } from "../../kinds/index.ts";
import type { ObservedCluster } from "../../model/index.ts";
import { changedObjects } from "../../world/index.ts";
import { Report, type Told } from "../declaration/report.ts";

/** The objects of a cluster, by key, that carry our label and are neither wanted nor shown to be ours. */
export interface Unproven extends Told {
  readonly cluster: ObservedCluster;
  readonly wanted: ReadonlySet<string>;
  readonly keys: ReadonlySet<string>;
}

/** A warning each, and nobody deletes them (law 13). What is wanted is ours by its place and name. */
export function unprovenObjects(
  cluster: ObservedCluster,
  wanted: ReadonlySet<string>,
  before: Unproven | undefined,
): Unproven {
  if (before?.wanted === wanted) {
    if (before.cluster === cluster) return before;
    const isTold = before.keys.size > 0 || changedObjects(before.cluster.objects, cluster.objects).some(isCarrying);
    if (!isTold) return { ...before, cluster };
  }
  const report = new Report();
  const keys = new Set<string>();
  for (const object of cluster.objects) {
    if (!isCarrying(object)) continue;
    const ref = refOf(object);
    const key = keyOf(ref);
    if (wanted.has(key)) continue;
    const fault = whyNotOurs(object);
    if (fault === undefined) continue;
    keys.add(key);
    report.add(
      undefined,
      "OWNERSHIP_UNPROVEN",
      objectPlace(cluster.name, ref),
      say`${{ ref: showRef(ref) }} in ${{ name: cluster.name }} carries the label of isthmus, but ${{ fault }}: it is taken for somebody else's`,
      "remove the label app.kubernetes.io/managed-by from it, or the object if nobody needs it",
    );
  }
  return { cluster, wanted, keys, problems: report.problems, held: report.held };
}

/** Our label, on an object of a kind that we write. */
function isCarrying(object: KubeObject): boolean {
  return isOurs(object) && isWritable(object);
}
