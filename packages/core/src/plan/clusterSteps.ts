import { isWritable, type KubeObject, keyOf, ownerOf, refOf } from "../kinds/index.ts";
import type { Compiled, ObservedCluster } from "../model/index.ts";
import { changedItems } from "../world/index.ts";
import type { Action } from "./action.ts";
import { inOrderByKey, withChanges } from "./actionOrder.ts";
import { isInventory } from "./inventory.ts";
import { Overlay } from "./overlay.ts";
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
  readonly live: LiveObjects;
  readonly desired: Overlay<KubeObject>;
  /** What is right as it is, in the plan's order. */
  readonly noops: readonly Action[];
  /** All else, by key. */
  readonly others: ReadonlyMap<string, Step>;
}

/** What the steps of a cluster depend on. */
export interface Compared {
  readonly cluster: ObservedCluster;
  readonly desired: readonly KubeObject[];
  readonly held: Compiled["held"];
  readonly unproven: ReadonlySet<string> | undefined;
}

/** Objects of kinds that we write. */
interface LiveObjects {
  readonly byKey: Overlay<KubeObject>;
  /** More than there are keys where a directory holds an object twice. */
  readonly count: number;
}

/** `before`: of the last plan with the same options; only objects that are others now are compared again. */
export function clusterSteps(of: Compared, options: PlanOptions, before: ClusterSteps | undefined): ClusterSteps {
  const { cluster, desired } = of;
  const isReadable = (each: ObservedCluster) => (each.unreadable ?? []).length === 0;
  const last = before !== undefined && isReadable(cluster) && isReadable(before.of.cluster) ? before : undefined;
  if (last === undefined) return allSteps(of, options);
  const changed = changedItems(last.of.cluster.objects, cluster.objects).filter(isWritable);
  const live = changed.length === 0 ? last.live : liveAfter(last.live, cluster, changed);
  const replaced = changedItems(last.of.desired, desired);
  const again = new Set([...replaced, ...changed].map(objectKey));
  for (const key of unlikeKeys(last.of.unproven, of.unproven)) again.add(key);
  if (of.held !== last.of.held) {
    const isHeldElse = (object: KubeObject) => of.held.get(ownerOf(object)) !== last.of.held.get(ownerOf(object));
    for (const object of desired) if (isHeldElse(object)) again.add(objectKey(object));
    for (const [key, object] of live.byKey.entries()) if (isHeldElse(object)) again.add(key);
  }
  if (again.size === 0) return { ...last, of, live };
  const wanted = replaced.length === 0 ? last.desired : last.desired.with(goneAndCome(last.desired, replaced));
  const stepFor = stepsOf(of, options, { live: live.byKey, desired: wanted });
  const others = new Map(last.others);
  const [gone, come]: [Set<string>, Action[]] = [new Set(), []];
  for (const key of again) {
    const step = stepFor(key);
    if (!others.delete(key)) gone.add(key);
    if (step === undefined) continue;
    if (isRight(step)) come.push(step.action);
    else others.set(key, step);
  }
  return { of, options, live, desired: wanted, noops: withChanges(last.noops, gone, come), others };
}

function allSteps(of: Compared, options: PlanOptions): ClusterSteps {
  const live = liveObjects(of.cluster);
  const desired = Overlay.of(of.desired.map((object) => [objectKey(object), object]));
  const stepFor = stepsOf(of, options, { live: live.byKey, desired });
  const others = new Map<string, Step>();
  const right = new Map<string, Action>();
  const keys = function* () {
    for (const [key] of desired.entries()) yield key;
    for (const [key] of live.byKey.entries()) if (desired.get(key) === undefined) yield key;
  };
  for (const key of keys()) {
    const step = stepFor(key);
    if (step === undefined) continue;
    if (isRight(step)) right.set(key, step.action);
    else others.set(key, step);
  }
  return { of, options, live, desired, noops: inOrderByKey(right), others };
}

/** What a key needs; undefined where it is nothing to us. */
function stepsOf(
  { cluster, held, unproven }: Compared,
  { adopt, prune }: PlanOptions,
  { live, desired }: { readonly live: Overlay<KubeObject>; readonly desired: Overlay<KubeObject> },
): (key: string) => Step | undefined {
  const unreadable = unreadableByKey(cluster);
  return (key) => {
    const there = live.get(key);
    const object = desired.get(key);
    if (object !== undefined) {
      const fault = unreadable.get(key);
      if (fault !== undefined) return unreadableStep(cluster, object, fault);
      // One whose owner was held is not passed on either: what that one has stays as it is.
      const formerHeld = there !== undefined && isInventory(there) ? held.get(ownerOf(there)) : undefined;
      return desiredStep(cluster, object, there, { adopt, ownerHeld: held.get(ownerOf(object)) ?? formerHeld });
    }
    if (there === undefined || unproven?.has(key) === true || !isInventory(there)) return undefined;
    return leftoverStep(cluster, there, { prune, ownerHeld: held.get(ownerOf(there)) });
  };
}

function isRight({ action, held }: Step): boolean {
  return action.verb === "noop" && held === undefined;
}

function objectKey(object: KubeObject): string {
  return keyOf(refOf(object));
}

/** What of some objects has gone, and after that what has come, by key. */
function goneAndCome(
  before: Overlay<KubeObject>,
  objects: readonly KubeObject[],
): readonly (readonly [string, KubeObject | undefined])[] {
  return objects.map((object) => {
    const key = objectKey(object);
    return [key, before.get(key) === object ? undefined : object];
  });
}

function unlikeKeys(
  before: ReadonlySet<string> = new Set(),
  after: ReadonlySet<string> = new Set(),
): readonly string[] {
  if (before === after) return [];
  return [...[...before].filter((key) => !after.has(key)), ...[...after].filter((key) => !before.has(key))];
}

function liveObjects({ objects }: ObservedCluster): LiveObjects {
  const writable = objects.filter(isWritable);
  return { byKey: Overlay.of(writable.map((object) => [objectKey(object), object])), count: writable.length };
}

/** `changed`: what has gone, come, or is another. Of an object that is there twice the last one counts. */
function liveAfter(before: LiveObjects, cluster: ObservedCluster, changed: readonly KubeObject[]): LiveObjects {
  const changes = goneAndCome(before.byKey, changed);
  const byKey = before.byKey.with(changes);
  const count = changes.reduce((sum, [, object]) => sum + (object === undefined ? -1 : 1), before.count);
  return before.count === before.byKey.size && count === byKey.size ? { byKey, count } : liveObjects(cluster);
}

/** What an object that is there says cannot be told, so it is neither missing nor right. */
function unreadableByKey({ unreadable = [] }: ObservedCluster): ReadonlyMap<string, string> {
  return new Map(
    unreadable.flatMap(({ name, fault, ...ref }) =>
      name === undefined ? [] : [[keyOf({ ...ref, name }), fault] as const],
    ),
  );
}
