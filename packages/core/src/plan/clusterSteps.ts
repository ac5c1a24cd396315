import { type KubeObject, keyOf, ownerOf, refOf } from "../kinds/index.ts";
import type { Compiled, ObservedCluster } from "../model/index.ts";
import type { Action } from "./action.ts";
import { inOrder, kindRank } from "./actionOrder.ts";
import { isInventory, isWritable } from "./inventory.ts";
import { desiredStep, leftoverStep, type Step, unreadableStep } from "./step.ts";

export interface PlanOptions {
  /** Delete what we own and nobody declares any longer. */
  readonly prune: boolean;
  /** Take over objects of the same name that are not ours. */
  readonly adopt: boolean;
}

/** What a cluster's objects need. */
export interface ClusterSteps {
  readonly of: Compared;
  readonly options: PlanOptions;
  readonly live: ReadonlyMap<string, KubeObject>;
  readonly known: ReadonlyMap<string, KnownStep>;
  /** What is right as it is, in the plan's order. */
  readonly noops: readonly Action[];
  readonly others: readonly Step[];
}

/** What the steps of a cluster depend on. */
export interface Compared {
  readonly cluster: ObservedCluster;
  readonly desired: readonly KubeObject[];
  readonly held: Compiled["held"];
  readonly unproven: ReadonlySet<string> | undefined;
}

interface KnownStep {
  readonly desired: KubeObject;
  readonly live: KubeObject | undefined;
  readonly ownerHeld: string | undefined;
  readonly step: Step;
}

/** `before`: of the last plan with the same options; only objects that are others now are compared again. */
export function clusterSteps(of: Compared, options: PlanOptions, before: ClusterSteps | undefined): ClusterSteps {
  const { cluster, desired, held, unproven } = of;
  const { adopt, prune } = options;
  if (before !== undefined && isSame(before.of, of)) return before;
  const live = before?.of.cluster === cluster ? before.live : liveByKey(cluster);
  const unreadable = unreadableByKey(cluster);
  const known = new Map<string, KnownStep>();
  const others: Step[] = [];
  for (const object of desired) {
    const key = keyOf(refOf(object));
    const now = { desired: object, live: live.get(key), ownerHeld: held.get(ownerOf(object)) };
    const fault = unreadable.get(key);
    const last = before?.known.get(key);
    const is =
      fault === undefined && last !== undefined && isKnown(last, now)
        ? last
        : {
            ...now,
            step:
              fault === undefined
                ? desiredStep(cluster, object, now.live, { adopt, ownerHeld: now.ownerHeld })
                : unreadableStep(cluster, object, fault),
          };
    known.set(key, is);
    if (!isRight(is.step)) others.push(is.step);
  }
  for (const [key, object] of live) {
    if (known.has(key) || unproven?.has(key) === true || !isInventory(object)) continue;
    others.push(leftoverStep(cluster, object, { prune, ownerHeld: held.get(ownerOf(object)) }));
  }
  return { of, options, live, known, noops: rightInOrder(known), others };
}

function isSame(before: Compared, after: Compared): boolean {
  return (
    before.cluster === after.cluster &&
    before.desired === after.desired &&
    before.held === after.held &&
    before.unproven === after.unproven
  );
}

function isKnown(last: KnownStep, now: Omit<KnownStep, "step">): boolean {
  return last.desired === now.desired && last.live === now.live && last.ownerHeld === now.ownerHeld;
}

function isRight({ action, held }: Step): boolean {
  return action.verb === "noop" && held === undefined;
}

/** Objects that come by key need no sorting but by the rank of their kind. */
function rightInOrder(known: ReadonlyMap<string, KnownStep>): readonly Action[] {
  const byRank = new Map<number, Action[]>();
  const ranks = new Map<string, number>();
  let last = "";
  let isSorted = true;
  for (const [key, { step }] of known) {
    if (!isRight(step)) continue;
    isSorted &&= last <= key;
    last = key;
    const { group, kind } = step.action.ref;
    const rank = ranks.get(`${group}/${kind}`) ?? kindRank(step.action);
    ranks.set(`${group}/${kind}`, rank);
    const list = byRank.get(rank);
    if (list === undefined) byRank.set(rank, [step.action]);
    else list.push(step.action);
  }
  const actions = [...byRank].sort(([a], [b]) => a - b).flatMap(([, list]) => list);
  return isSorted ? actions : inOrder(actions);
}

function liveByKey(cluster: ObservedCluster): ReadonlyMap<string, KubeObject> {
  const writable = cluster.objects.filter((object) => isWritable(object));
  return new Map(writable.map((object) => [keyOf(refOf(object)), object]));
}

/** What an object that is there says cannot be told, so it is neither missing nor right. */
function unreadableByKey({ unreadable = [] }: ObservedCluster): ReadonlyMap<string, string> {
  return new Map(
    unreadable.flatMap(({ name, fault, ...ref }) =>
      name === undefined ? [] : [[keyOf({ ...ref, name }), fault] as const],
    ),
  );
}
