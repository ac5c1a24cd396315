import { objectPlace, say } from "../findings/index.ts";
import {
  isOurs,
  isProvenOurs,
  type KubeObject,
  keyOf,
  ownerOf,
  refOf,
  showRef,
  sideOf,
  whyNotOurs,
} from "../kinds/index.ts";
import { contains, type Observed, parseAddressPool } from "../model/index.ts";
import type { Problem } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import type { Action, Plan } from "./action.ts";
import { inOrder } from "./actionOrder.ts";
import { fieldChanges } from "./fieldChanges.ts";
import { holdBack } from "./holdBack.ts";
import { planStages } from "./planStages.ts";
import { type Step, toAction } from "./step.ts";

export interface RecheckOptions {
  /** Take over objects that are not ours: whoever applies says so, the file cannot. */
  readonly adopt: boolean;
  /** The Mesh's. */
  readonly addressPool: string;
}

/**
 * A saved plan as it looks from the live objects: a file can be changed, so nothing in it is believed about them. What an update
 * changes and whom an object belonged to is found anew, and where an object cannot be read nothing is done to it. Problems:
 * OBJECT_NOT_OURS where it would delete, or without `adopt` change, what is not ours; PLAN_INVALID where it would write what we
 * never write.
 */
export function recheckPlan(
  { actions }: Pick<Plan, "actions">,
  observed: Observed,
  options: RecheckOptions,
): { readonly plan: Plan; readonly problems: readonly Problem[] } {
  const live = new Map<string, KubeObject>();
  for (const { name, objects } of observed.clusters.values()) {
    for (const object of objects) live.set(`${name} ${keyOf(refOf(object))}`, object);
  }
  const problems: Problem[] = [];
  const steps = actions.map((action): Step => {
    // What a noop would change cannot be told: the file does not say what was wanted.
    if (action.verb === "noop") return { action: { ...action, changes: [] } };
    const cluster = observed.clusters.get(action.cluster);
    if (cluster === undefined) {
      return { action: { ...action, changes: [] }, held: `cluster ${action.cluster} cannot be read` };
    }
    const found = live.get(`${action.cluster} ${keyOf(action.ref)}`);
    const problem = faultOf(action, found, options);
    if (problem !== undefined) problems.push(problem);
    return stepOf(action, found, cluster.source);
  });
  const rechecked = inOrder(holdBack(steps, [], undefined).map(toAction));
  return { plan: { actions: rechecked, stages: planStages(rechecked, observed) }, problems };
}

function stepOf(action: Action, live: KubeObject | undefined, source: "live" | "directory"): Step {
  const { formerOwner: _formerOwner, ...rest } = action;
  const changes =
    action.verb === "update" && action.desired !== undefined && live !== undefined
      ? fieldChanges(action.desired, live, source)
      : [];
  const formerOwner = live !== undefined && isOurs(live) && ownerOf(live) !== "" ? ownerOf(live) : action.owner;
  return { action: { ...rest, changes, ...(formerOwner === action.owner ? {} : { formerOwner }) } };
}

function faultOf(
  action: Action,
  live: KubeObject | undefined,
  { adopt, addressPool }: RecheckOptions,
): Problem | undefined {
  const { verb, desired, owner, side } = action;
  if (verb === "delete") {
    // Where it is gone or another, PLAN_STALE says so.
    if (live === undefined) return undefined;
    if (!isOurs(live)) return notOurs(action, "is not managed by isthmus");
    const fault = whyNotOurs(live);
    if (fault !== undefined) return notOurs(action, `carries the label of isthmus, but ${fault}`);
    return ownerOf(live) === owner && sideOf(live) === side
      ? undefined
      : invalid(action, "is deleted for another owner or side than its labels name");
  }
  if (desired === undefined || !isProvenOurs(desired))
    return invalid(action, "would get another name or place than ours have");
  const pool = parseAddressPool(addressPool);
  const stray = addressesOf(desired).find((address) => typeof pool === "string" || !contains(pool, address));
  if (stray !== undefined)
    return invalid(action, `would get the address ${stray}, which is not of the Mesh's addressPool`);
  if (verb === "update" && live !== undefined && !isOurs(live) && !adopt)
    return notOurs(action, "is not managed by isthmus");
  return undefined;
}

/** The virtual addresses that an object gives to hosts. */
function addressesOf({ kind, spec }: KubeObject): readonly string[] {
  const { addresses, ips } = (spec ?? {}) as {
    readonly addresses?: readonly string[];
    readonly ips?: readonly string[];
  };
  if (kind === "ServiceEntry") return addresses ?? [];
  return kind === "ServiceImport" ? (ips ?? []) : [];
}

function notOurs({ cluster, ref, verb }: Action, why: string): Problem {
  return makeProblem({
    code: "OBJECT_NOT_OURS",
    at: objectPlace(cluster, ref),
    message: say`the saved plan would ${{ verb }} ${{ ref: showRef(ref) }} in ${{ cluster }}, which ${why}`,
    hint: verb === "update" ? "apply it with --adopt if it is to be taken over, or plan again" : "plan again",
  });
}

function invalid({ cluster, ref }: Action, why: string): Problem {
  return makeProblem({
    code: "PLAN_INVALID",
    at: objectPlace(cluster, ref),
    message: say`the saved plan cannot be used: ${{ ref: showRef(ref) }} in ${{ cluster }} ${why}`,
    hint: "make it again: isthmus plan --out FILE",
  });
}
