import { type KubeObject, ownerOf, sideOf } from "../kinds/index.ts";
import type { Compiled, Observed } from "../model/index.ts";
import type { Problem } from "../problem.ts";
import { showUnreadable } from "../shape/index.ts";
import type { Action, Plan } from "./action.ts";
import { inOrder } from "./actionOrder.ts";
import { type ClusterSteps, clusterSteps, type PlanOptions } from "./clusterSteps.ts";
import { type Gap, holdBack } from "./holdBack.ts";
import { planStages } from "./planStages.ts";
import { toAction } from "./step.ts";

/** A plan with what the next one can keep of it. */
export interface PlanState {
  readonly plan: Plan;
  readonly problems: readonly Problem[];
  readonly clusters: ReadonlyMap<string, ClusterSteps>;
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
  const { plan, problems } = replan(undefined, compiled, observed, options);
  return { plan, problems };
}

/** The same, byte for byte, from the plan before: only what is another object now, by identity, is compared again. */
export function replan(
  previous: PlanState | undefined,
  compiled: Compiled,
  observed: Observed,
  options: PlanOptions,
): PlanState {
  const clusters = new Map<string, ClusterSteps>();
  const gaps: Gap[] = [];
  for (const [name, desired] of compiled.desired) {
    const cluster = observed.clusters.get(name);
    if (cluster === undefined) {
      gaps.push(...unseenGaps(name, desired));
      continue;
    }
    const last = previous?.clusters.get(name);
    const before = last?.options.prune === options.prune && last.options.adopt === options.adopt ? last : undefined;
    const of = { cluster, desired, held: compiled.held, unproven: compiled.unproven?.get(name) };
    clusters.set(name, clusterSteps(of, options, before));
  }
  const steps = [...clusters.values()].flatMap(({ others }) => others);
  const unseen = [...unreachableUsers(observed), ...unreadableUsers(observed)].sort()[0];
  const actions = allInOrder(clusters, holdBack(steps, gaps, unseen).map(toAction));
  return {
    plan: { actions, stages: planStages(actions, observed) },
    problems: steps.flatMap(({ problem }) => problem ?? []).sort((left, right) => (left.at < right.at ? -1 : 1)),
    clusters,
  };
}

/** What is right is in order already, and goes first. */
function allInOrder(clusters: ReadonlyMap<string, ClusterSteps>, others: readonly Action[]): readonly Action[] {
  const actions: Action[] = [];
  for (const [name, { noops }] of [...clusters].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const left = others.filter(({ phase, cluster }) => phase === 0 && cluster === name);
    for (const action of left.length === 0 ? noops : inOrder([...noops, ...left])) actions.push(action);
  }
  for (const action of inOrder(others.filter(({ phase }) => phase > 0))) actions.push(action);
  return actions;
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
