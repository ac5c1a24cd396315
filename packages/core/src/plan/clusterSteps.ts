import { isWritable, type KubeObject, keyOf, ownerOf, refOf } from "../kinds/index.ts";
import type { Compiled, ObservedCluster } from "../model/index.ts";
import { changedObjects } from "../world/index.ts";
import type { Action } from "./action.ts";
import { inOrder, kindRank } from "./actionOrder.ts";
import { isInventory } from "./inventory.ts";
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
  /** Of each desired object, in their order. */
  readonly known: readonly KnownStep[];
  readonly keys: ReadonlySet<string>;
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
  readonly key: string;
  readonly desired: KubeObject;
  readonly live: KubeObject | undefined;
  readonly ownerHeld: string | undefined;
  readonly step: Step;
}

/** `before`: of the last plan with the same options; only objects that are others now are compared again. */
export function clusterSteps(of: Compared, options: PlanOptions, before: ClusterSteps | undefined): ClusterSteps {
  const { cluster, held, unproven } = of;
  const live = liveByKey(cluster, before);
  const isReadable = (each: ObservedCluster) => (each.unreadable ?? []).length === 0;
  const last = before !== undefined && isReadable(cluster) && isReadable(before.of.cluster) ? before : undefined;
  const known = knownSteps(of, options, live, last);
  const keys = known === last?.known ? last.keys : new Set(known.map(({ key }) => key));
  if (
    last !== undefined &&
    known === last.known &&
    live === last.live &&
    held === last.of.held &&
    unproven === last.of.unproven
  ) {
    return { ...last, of };
  }
  const leftovers = [...live].flatMap(([key, object]) =>
    keys.has(key) || unproven?.has(key) === true || !isInventory(object)
      ? []
      : [leftoverStep(cluster, object, { prune: options.prune, ownerHeld: held.get(ownerOf(object)) })],
  );
  const others = [...known.flatMap(({ step }) => (isRight(step) ? [] : [step])), ...leftovers];
  const noops = known === last?.known ? last.noops : rightInOrder(known);
  return { of, options, live, known, keys, noops, others };
}

/** The same list as before where nothing in it is another. */
function knownSteps(
  { cluster, desired, held }: Compared,
  { adopt }: PlanOptions,
  live: ReadonlyMap<string, KubeObject>,
  before: ClusterSteps | undefined,
): readonly KnownStep[] {
  const unreadable = unreadableByKey(cluster);
  const known = before?.known ?? [];
  const isAsHeld = before?.of.held === held;
  let byKey: ReadonlyMap<string, KnownStep> | undefined;
  const steps = desired.map((object, index): KnownStep => {
    const there = known[index];
    const isThere = there?.desired === object;
    if (isThere && isAsHeld && (live === before?.live || there.live === live.get(there.key))) return there;
    const key = isThere ? there.key : keyOf(refOf(object));
    byKey ??= isThere ? undefined : new Map(known.map((each) => [each.key, each]));
    const last = isThere ? there : byKey?.get(key);
    const now = { key, desired: object, live: live.get(key), ownerHeld: held.get(ownerOf(object)) };
    if (last !== undefined && isKnown(last, now)) return last;
    const fault = unreadable.get(key);
    const step =
      fault === undefined
        ? desiredStep(cluster, object, now.live, { adopt, ownerHeld: now.ownerHeld })
        : unreadableStep(cluster, object, fault);
    return { ...now, step };
  });
  return steps.length === known.length && steps.every((step, index) => step === known[index]) ? known : steps;
}

function isKnown(last: KnownStep, now: Omit<KnownStep, "step">): boolean {
  return last.desired === now.desired && last.live === now.live && last.ownerHeld === now.ownerHeld;
}

function isRight({ action, held }: Step): boolean {
  return action.verb === "noop" && held === undefined;
}

/** Objects that come by key need no sorting but by the rank of their kind. */
function rightInOrder(known: readonly KnownStep[]): readonly Action[] {
  const byRank = new Map<number, Action[]>();
  const ranks = new Map<string, number>();
  let last = "";
  let isSorted = true;
  for (const { key, step } of known) {
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

/** The same map as before where only objects are others that we never write. */
function liveByKey(cluster: ObservedCluster, before: ClusterSteps | undefined): ReadonlyMap<string, KubeObject> {
  const isAsBefore =
    before !== undefined && !changedObjects(before.of.cluster.objects, cluster.objects).some(isWritable);
  if (isAsBefore) return before.live;
  const writable = cluster.objects.filter(isWritable);
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
