import { type KubeObject, keyOf, ownerOf, refOf, sideOf } from "../kinds/index.ts";
import type { Compiled, Observed, ObservedCluster } from "../model/index.ts";
import type { Problem } from "../problem.ts";
import { showUnreadable } from "../shape/index.ts";
import type { Plan } from "./action.ts";
import { inOrder } from "./actionOrder.ts";
import { type Gap, holdBack } from "./holdBack.ts";
import { isInventory, isWritable } from "./inventory.ts";
import { planStages } from "./planStages.ts";
import { desiredStep, leftoverStep, type Step, toAction, unreadableStep } from "./step.ts";

export interface PlanOptions {
  /** Delete what we own and nobody declares any longer. */
  readonly prune: boolean;
  /** Take over objects of the same name that are not ours. */
  readonly adopt: boolean;
}

/**
 * The writes that turn what is live into what is declared, in a safe order, and a noop for each other object that is
 * declared or ours. A cluster that could not be read gets no actions. Problem: OBJECT_NOT_OURS.
 */
export function plan(
  compiled: Compiled,
  observed: Observed,
  options: PlanOptions,
): { readonly plan: Plan; readonly problems: readonly Problem[] } {
  const steps: Step[] = [];
  const gaps: Gap[] = [];
  for (const [name, desired] of compiled.desired) {
    const cluster = observed.clusters.get(name);
    if (cluster === undefined) gaps.push(...unseenGaps(name, desired));
    else for (const step of clusterSteps(cluster, desired, compiled, options)) steps.push(step);
  }
  const unseen = [...unreachableUsers(observed), ...unreadableUsers(observed)].sort()[0];
  const actions = inOrder(holdBack(steps, gaps, unseen).map(toAction));
  return {
    plan: { actions, stages: planStages(actions, observed) },
    problems: steps.flatMap(({ problem }) => problem ?? []).sort((left, right) => (left.at < right.at ? -1 : 1)),
  };
}

function clusterSteps(
  cluster: ObservedCluster,
  desired: readonly KubeObject[],
  { held, unproven }: Pick<Compiled, "held" | "unproven">,
  { prune, adopt }: PlanOptions,
): readonly Step[] {
  const writable = cluster.objects.filter((object) => isWritable(object));
  const liveByKey = new Map(writable.map((object) => [keyOf(refOf(object)), object]));
  const unreadable = unreadableByKey(cluster);
  const steps = desired.map((object) => {
    const key = keyOf(refOf(object));
    const fault = unreadable.get(key);
    if (fault !== undefined) return unreadableStep(cluster, object, fault);
    const live = liveByKey.get(key);
    liveByKey.delete(key);
    return desiredStep(cluster, object, live, { adopt, ownerHeld: held.get(ownerOf(object)) });
  });
  const others = unproven?.get(cluster.name);
  for (const [key, live] of liveByKey) {
    if (isInventory(live) && others?.has(key) !== true)
      steps.push(leftoverStep(cluster, live, { prune, ownerHeld: held.get(ownerOf(live)) }));
  }
  return steps;
}

/** What an object that is there says cannot be told, so it is neither missing nor right. */
function unreadableByKey({ unreadable = [] }: ObservedCluster): ReadonlyMap<string, string> {
  return new Map(
    unreadable.flatMap(({ name, fault, ...ref }) =>
      name === undefined ? [] : [[keyOf({ ...ref, name }), fault] as const],
    ),
  );
}

/** What may still use what we would delete at the serving side, for people. */
function unreachableUsers({ unreachable }: Observed): readonly string[] {
  return [...unreachable.keys()].map((cluster) => `cluster ${cluster} cannot be read`);
}

function unreadableUsers({ clusters }: Observed): readonly string[] {
  return [...clusters.values()].flatMap(({ name, unreadable = [] }) =>
    unreadable.filter(({ isOurs }) => isOurs).map((each) => `${showUnreadable(each)} of ${name} cannot be read`),
  );
}

/** Server-side objects in a cluster that we can't see: their consumers get nothing new. */
function unseenGaps(cluster: string, desired: readonly KubeObject[]): readonly Gap[] {
  return desired
    .filter((object) => sideOf(object) === "server")
    .map((object) => ({
      owner: ownerOf(object),
      phase: 1,
      reason: `waits for cluster ${cluster}, which cannot be read`,
    }));
}
