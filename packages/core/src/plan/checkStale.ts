import { objectPlace, say } from "../findings/index.ts";
import { keyOf, refOf, showRef } from "../kinds/index.ts";
import type { Observed } from "../model/index.ts";
import type { Problem } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import type { Action, LiveVersion, Plan } from "./action.ts";

/**
 * PLAN_STALE for each object of a plan, those that it leaves as they are included, that is no longer as it was when the
 * plan was made. Nothing can be said about clusters that could not be read.
 */
export function checkStale(plan: Plan, observed: Observed): readonly Problem[] {
  const versions = new Map<string, LiveVersion>();
  for (const { name, objects } of observed.clusters.values()) {
    for (const object of objects) {
      const { uid = "", resourceVersion = "" } = object.metadata;
      versions.set(`${name} ${keyOf(refOf(object))}`, { uid, resourceVersion });
    }
  }
  return plan.actions.flatMap((action) => {
    if (!observed.clusters.has(action.cluster)) return [];
    const what = moveOf(action.live, versions.get(`${action.cluster} ${keyOf(action.ref)}`));
    return what === undefined ? [] : [stale(action, what)];
  });
}

function moveOf(planned: LiveVersion | undefined, now: LiveVersion | undefined): string | undefined {
  if (now === undefined) return planned === undefined ? undefined : "is gone";
  if (planned === undefined) return "has come into being";
  if (planned.uid !== now.uid) return "was replaced by another";
  return planned.resourceVersion === now.resourceVersion ? undefined : "has changed";
}

function stale({ cluster, ref }: Action, what: string): Problem {
  return makeProblem({
    code: "PLAN_STALE",
    at: objectPlace(cluster, ref),
    message: say`${{ ref: showRef(ref) }} in ${{ cluster }} ${what} since the plan was made`,
    hint: "plan again: isthmus plan --out FILE",
  });
}
