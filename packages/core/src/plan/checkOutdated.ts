import { objectPlace, type Place, type Sentence, say } from "../findings/index.ts";
import { type KubeObject, keyOf, type ObjectRef, ownerOf, refOf, showRef } from "../kinds/index.ts";
import type { Compiled, Observed } from "../model/index.ts";
import { makeProblem, type Problem } from "../problem.ts";
import type { Action, Plan } from "./action.ts";
import { compareWhole } from "./compareWhole.ts";
import { fieldChanges } from "./fieldChanges.ts";
import { unseenUsers } from "./unseenUsers.ts";

/**
 * PLAN_STALE for what a plan that is made now would not write, or would write otherwise, since something has changed that the
 * saved one was made of: a gateway's address, a pod's account, another claim to the name. What leads to the same objects changes
 * nothing. `compiled` is from the plan's own declarations, as the clusters are now.
 *
 * A cluster that the plan does nothing in, and now would, could not be read then as a rule. Its owners' writes elsewhere were
 * judged without it, and whoever approved them did not see the rest: that is a change like any other.
 */
export function checkOutdated(
  saved: Pick<Plan, "actions">,
  { desired, held }: Pick<Compiled, "desired" | "held">,
  observed: Observed,
): readonly Problem[] {
  const pending = new Map<string, Problem>();
  const unseen = unseenUsers(observed);
  for (const { verb, owner, phase, cluster, ref } of saved.actions) {
    if (verb === "noop" || pending.has(owner)) continue;
    const reason =
      held.get(owner) ?? (phase === 4 && unseen !== undefined ? `${unseen} and may still use it` : undefined);
    if (reason === undefined) continue;
    pending.set(owner, outdated(objectPlace(cluster, ref), say`${{ owner }} is pending now (${{ reason }})`));
  }
  const moved = [...observed.clusters.values()].flatMap(({ name, source, objects }) => {
    const wanted = new Map((desired.get(name) ?? []).map((object) => [keyOf(refOf(object)), object]));
    const actions = saved.actions.filter(({ cluster }) => cluster === name);
    const known = new Set(actions.map(({ ref }) => keyOf(ref)));
    const added = [...wanted].filter(([key, object]) => !known.has(key) && !held.has(ownerOf(object)));
    if (actions.length === 0) {
      const words = say`${{ cluster: name }}, which the plan does nothing in, would now get ${{ objects: added.length }} objects`;
      return added.length === 0 ? [] : [outdated({ cluster: name }, words)];
    }
    const live = new Map(objects.map((object) => [keyOf(refOf(object)), object]));
    const others = actions.flatMap((action) => {
      const key = keyOf(action.ref);
      const what = held.has(action.owner) ? undefined : moveOf(action, wanted.get(key), live.get(key), source);
      return what === undefined ? [] : [outdatedObject(name, action.ref, what)];
    });
    return [
      ...others,
      ...added.map(([, object]) => outdatedObject(name, refOf(object), "is to be written now as well")),
    ];
  });
  return [...pending.values(), ...moved];
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

function outdatedObject(cluster: string, ref: ObjectRef, what: string): Problem {
  return outdated(objectPlace(cluster, ref), say`${{ ref: showRef(ref) }} in ${{ cluster }} ${what}`);
}

function outdated(at: Place, what: Sentence): Problem {
  return makeProblem({
    code: "PLAN_STALE",
    at,
    message: say`${what}: what the plan was made of has changed`,
    hint: "plan again: isthmus plan --out FILE",
  });
}
