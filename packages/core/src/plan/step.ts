import { objectPlace, say } from "../findings/index.ts";
import { isOurs, type KubeObject, ownerOf, refOf, showRef, sideOf } from "../kinds/index.ts";
import type { ObservedCluster } from "../model/index.ts";
import type { Problem } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import { type Action, type LiveVersion, phaseOf } from "./action.ts";
import { fieldChanges } from "./fieldChanges.ts";

/** An action as it should be; where it cannot be done now, why, and the problem if the user has to fix it. */
export interface Step {
  readonly action: Action;
  readonly held?: string;
  readonly problem?: Problem;
}

/** What a declared object needs; `ownerHeld`: why its owner gets nothing but creates. */
export function desiredStep(
  cluster: ObservedCluster,
  desired: KubeObject,
  live: KubeObject | undefined,
  { adopt, ownerHeld }: { readonly adopt: boolean; readonly ownerHeld: string | undefined },
): Step {
  // Written out: with tens of thousands of objects, spreading a common part costs more than all the rest.
  const [name, ref, owner, side] = [cluster.name, refOf(desired), ownerOf(desired), sideOf(desired)];
  const phase = phaseOf("create", side);
  if (live === undefined) {
    return { action: { verb: "create", cluster: name, ref, owner, side, phase, desired, changes: [] } };
  }
  const [version, changes] = [liveVersion(live), fieldChanges(desired, live, cluster.source)];
  if (changes.length === 0 && !isTerminating(live)) {
    return { action: { verb: "noop", cluster: name, ref, owner, side, phase: 0, live: version, changes } };
  }
  const update: Action = { verb: "update", cluster: name, ref, owner, side, phase, desired, live: version, changes };
  if (!isOurs(live) && !adopt) return { action: update, held: "exists and is not ours", problem: notOurs(update) };
  const formerOwner = isOurs(live) ? ownerOf(live) : owner;
  const action = formerOwner === owner || formerOwner === "" ? update : { ...update, formerOwner };
  if (isTerminating(live)) return { action, held: "is being deleted; the next run creates it again" };
  return ownerHeld === undefined ? { action } : { action, held: ownerHeld };
}

/** What a declared object needs that is there and cannot be read: to be left alone, and what would come after it as well. */
export function unreadableStep({ name: cluster }: ObservedCluster, desired: KubeObject, fault: string): Step {
  const [owner, side] = [ownerOf(desired), sideOf(desired)];
  const phase = phaseOf("update", side);
  return {
    action: { verb: "update", cluster, ref: refOf(desired), owner, side, phase, desired, changes: [] },
    held: `is there and cannot be read: ${fault}`,
  };
}

/** What an object of ours needs that is not declared any longer. */
export function leftoverStep(
  cluster: ObservedCluster,
  live: KubeObject,
  { prune, ownerHeld }: { readonly prune: boolean; readonly ownerHeld: string | undefined },
): Step {
  const side = sideOf(live);
  const action: Action = {
    verb: "delete",
    cluster: cluster.name,
    ref: refOf(live),
    owner: ownerOf(live),
    side,
    phase: phaseOf("delete", side),
    live: liveVersion(live),
    changes: [],
  };
  const held = isTerminating(live)
    ? "is being deleted already"
    : (ownerHeld ?? (prune ? undefined : "is not declared any longer, but pruning is off"));
  return held === undefined ? { action } : { action, held };
}

/** The action, or the noop that is left of it where it is held. */
export function toAction({ action, held }: Step): Action {
  if (held === undefined) return action;
  const { desired: _desired, formerOwner: _formerOwner, ...rest } = action;
  return { ...rest, verb: "noop", phase: 0, reason: held };
}

function notOurs({ cluster, ref, owner }: Action): Problem {
  return makeProblem({
    code: "OBJECT_NOT_OURS",
    at: objectPlace(cluster, ref),
    message: say`${{ ref: showRef(ref) }} exists in ${{ cluster }} and is not managed by isthmus, but ${{ owner }} needs an object of that name`,
    hint: "take it over with --adopt, or rename or remove it",
  });
}

function isTerminating(live: KubeObject): boolean {
  return live.metadata.deletionTimestamp !== undefined;
}

function liveVersion({ metadata }: KubeObject): LiveVersion {
  const { uid = "", resourceVersion = "", generation } = metadata;
  return { uid, resourceVersion, ...(generation === undefined ? {} : { generation }) };
}
