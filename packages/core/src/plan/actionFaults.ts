import { isOurs, keyOf, ownerOf, refOf, showRef, sideOf, writingOf } from "../kinds/index.ts";
import { type Action, phaseOf } from "./action.ts";

/**
 * What the planner would never have put into a plan, though every field is well formed: an object that is written under
 * another's name, without our labels, in the wrong phase … Each as text for people.
 */
export function actionFaults(actions: readonly Action[], clusters: ReadonlySet<string>): readonly string[] {
  const seen = new Set<string>();
  return actions.flatMap((action) => {
    const object = `${action.cluster} ${keyOf(action.ref)}`;
    const fault = seen.has(object) ? "is in it twice" : actionFault(action, clusters);
    seen.add(object);
    return fault === undefined ? [] : [`${showRef(action.ref)} in ${action.cluster} ${fault}`];
  });
}

function actionFault(action: Action, clusters: ReadonlySet<string>): string | undefined {
  const { cluster, ref, verb, side, owner, desired } = action;
  if (!clusters.has(cluster)) return "is in a cluster that the plan does not say how to reach";
  if (writingOf(ref.group, ref.kind) === undefined) return "is of a kind that isthmus does not write";
  if (action.phase !== phaseOf(verb, side)) return "is in the wrong phase";
  if (desired === undefined) return undefined;
  if (keyOf(refOf(desired)) !== keyOf(ref)) return "does not match the object to be written";
  const isLabelled = isOurs(desired) && ownerOf(desired) === owner && sideOf(desired) === side;
  return isLabelled ? undefined : "does not match the labels of the object to be written";
}
