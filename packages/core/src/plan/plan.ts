import { type KubeObject, ownerOf, sideOf } from "../kinds/index.ts";
import type { Compiled, Observed, ObservedCluster } from "../model/index.ts";
import type { Problem } from "../problem.ts";
import type { Action, Plan } from "./action.ts";
import { inOrder, withChanges } from "./actionOrder.ts";
import { type ClusterSteps, clusterSteps, type PlanOptions } from "./clusterSteps.ts";
import { type Gap, holdBack } from "./holdBack.ts";
import { planStages } from "./planStages.ts";
import { toAction } from "./step.ts";
import { unseenUsers } from "./unseenUsers.ts";

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
    const before = previous?.clusters.get(name);
    const of = { cluster, desired, held: compiled.held, unproven: compiled.unproven?.get(name) };
    clusters.set(name, clusterSteps(of, options, isComparable(before, cluster, options) ? before : undefined));
  }
  const steps = [...clusters.values()].flatMap(({ others }) => [...others.values()]);
  const unseen = unseenUsers(observed);
  const others = holdBack(steps, gaps, unseen).map(toAction);
  const writes = inOrder(others.filter(({ phase }) => phase > 0));
  const none: readonly Action[] = [];
  return {
    // Not flat(): of tens of thousands of actions it costs more than the rest of a step.
    plan: { actions: none.concat(...noopsInOrder(clusters, others), writes), stages: planStages(writes, observed) },
    problems: steps.flatMap(({ problem }) => problem ?? []).sort((left, right) => (left.at < right.at ? -1 : 1)),
    clusters,
  };
}

function isComparable(before: ClusterSteps | undefined, { source }: ObservedCluster, options: PlanOptions): boolean {
  if (before === undefined) return false;
  const { prune, adopt } = before.options;
  return before.of.cluster.source === source && prune === options.prune && adopt === options.adopt;
}

/** What is right is in order already. */
function noopsInOrder(
  clusters: ReadonlyMap<string, ClusterSteps>,
  others: readonly Action[],
): readonly (readonly Action[])[] {
  const byName = [...clusters].sort(([a], [b]) => (a < b ? -1 : 1));
  return byName.map(([name, { noops }]) => {
    const left = others.filter(({ phase, cluster }) => phase === 0 && cluster === name);
    return left.length === 0 ? noops : withChanges(noops, [], left);
  });
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
