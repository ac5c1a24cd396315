import { objectPlace, say } from "../findings/index.ts";
import { type KubeObject, keyOf, type ObjectRef, ownerOf, refOf, showRef } from "../kinds/index.ts";
import type { Compiled, Observed } from "../model/index.ts";
import { makeProblem, type Problem } from "../problem.ts";
import type { Action, Plan } from "./action.ts";
import { compareWhole } from "./compareWhole.ts";
import { fieldChanges } from "./fieldChanges.ts";

/**
 * PLAN_STALE for each object that a saved plan would write otherwise now, since something has changed that it was made of: a
 * gateway's address, a pod's account. What leads to the same objects changes nothing. `compiled` is from the plan's own
 * declarations, as the clusters are now; of what is held, and of clusters that could not be read, nothing can be said.
 */
export function checkOutdated(
  saved: Pick<Plan, "actions">,
  { desired, held }: Pick<Compiled, "desired" | "held">,
  observed: Observed,
): readonly Problem[] {
  return [...observed.clusters.values()].flatMap(({ name, source, objects }) => {
    const wanted = new Map((desired.get(name) ?? []).map((object) => [keyOf(refOf(object)), object]));
    const live = new Map(objects.map((object) => [keyOf(refOf(object)), object]));
    const actions = saved.actions.filter(({ cluster }) => cluster === name);
    const known = new Set(actions.map(({ ref }) => keyOf(ref)));
    const moved = actions.flatMap((action) => {
      const key = keyOf(action.ref);
      const what = held.has(action.owner) ? undefined : moveOf(action, wanted.get(key), live.get(key), source);
      return what === undefined ? [] : [outdated(name, action.ref, what)];
    });
    const added = [...wanted].filter(([key, object]) => !known.has(key) && !held.has(ownerOf(object)));
    return [...moved, ...added.map(([, object]) => outdated(name, refOf(object), "is to be written now as well"))];
  });
}

function moveOf(
  { verb, desired: planned, reason }: Action,
  wanted: KubeObject | undefined,
  live: KubeObject | undefined,
  source: "live" | "directory",
): string | undefined {
  switch (verb) {
    case "delete":
      return wanted === undefined ? undefined : "is wanted again";
    case "noop": {
      if (reason !== undefined || wanted === undefined || live === undefined) return undefined;
      return changed(fieldChanges(wanted, live, source).map(({ path }) => path));
    }
    case "create":
    case "update": {
      if (wanted === undefined) return "is wanted no longer";
      return changed(compareWhole("", asSaved(wanted), planned).map(({ path }) => path));
    }
  }
}

function changed([first, ...others]: readonly string[]): string | undefined {
  if (first === undefined) return undefined;
  const more = others.length === 0 ? "" : ` and ${others.length} more fields`;
  return `would be written otherwise now (${first}${more})`;
}

/** As JSON gives it back: without fields that are undefined. */
function asSaved(object: KubeObject): unknown {
  return JSON.parse(JSON.stringify(object));
}

function outdated(cluster: string, ref: ObjectRef, what: string): Problem {
  return makeProblem({
    code: "PLAN_STALE",
    at: objectPlace(cluster, ref),
    message: say`${{ ref: showRef(ref) }} in ${{ cluster }} ${what}: what the plan was made of has changed`,
    hint: "plan again: isthmus plan --out FILE",
  });
}
