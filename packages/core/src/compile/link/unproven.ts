import { objectPlace, say } from "../../findings/index.ts";
import { isOurs, isWritable, type KubeObject, keyOf, refOf, showRef, whyNotOurs } from "../../kinds/index.ts";
import type { ObservedCluster } from "../../model/index.ts";
import { changedItems } from "../../world/index.ts";
import { Report, type Told } from "../declaration/report.ts";

/** The objects of a cluster, by key, that carry our label and are neither wanted nor shown to be ours. */
export interface Unproven extends Told {
  readonly cluster: ObservedCluster;
  /** By key, in order. */
  readonly wanted: readonly string[];
  readonly keys: ReadonlySet<string>;
}

/** A warning each, and nobody deletes them (law 13). What is wanted is ours by its place and name. */
export function unprovenObjects(
  cluster: ObservedCluster,
  wanted: readonly string[],
  before: Unproven | undefined,
): Unproven {
  if (before?.wanted === wanted && before.cluster === cluster) return before;
  if (before?.keys.size === 0 && !isAnyUnproven(cluster, wanted, before)) return { ...before, cluster, wanted };
  const known = new Set(wanted);
  const report = new Report();
  const keys = new Set<string>();
  for (const object of cluster.objects) {
    if (!isCarrying(object)) continue;
    const ref = refOf(object);
    const key = keyOf(ref);
    if (known.has(key)) continue;
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

/** Where none was before: whether one may be among what is another object now, or wanted no longer. */
function isAnyUnproven(cluster: ObservedCluster, wanted: readonly string[], before: Unproven): boolean {
  const isSuspect = (object: KubeObject) => isCarrying(object) && whyNotOurs(object) !== undefined;
  if (changedItems(before.cluster.objects, cluster.objects).some(isSuspect)) return true;
  const left = new Set(changedItems(before.wanted, wanted));
  if (left.size === 0) return false;
  const names = new Set([...left].map((key) => key.slice(key.lastIndexOf("/") + 1)));
  return cluster.objects.some(
    (object) => names.has(object.metadata.name) && left.has(keyOf(refOf(object))) && isSuspect(object),
  );
}

/** Our label, on an object of a kind that we write. */
function isCarrying(object: KubeObject): boolean {
  return isOurs(object) && isWritable(object);
}
