import type { Observed } from "../model/index.ts";
import type { Action, Plan } from "./action.ts";
import { inOrder } from "./actionOrder.ts";
import { holdBack } from "./holdBack.ts";
import { planStages } from "./planStages.ts";
import { toAction } from "./step.ts";

/** What a plan may write; all where neither is set. */
export interface PlanScope {
  /** As the owner label has them. */
  readonly owners?: ReadonlySet<string> | undefined;
  readonly clusters?: ReadonlySet<string> | undefined;
}

const outOfScope = "left out of this plan";

/**
 * The part of a plan that writes what is asked for. An object that passes from one owner to another is of both; what would come
 * after a write that is left out, as a consumer's side after its server's, is pending.
 */
export function narrowPlan(
  { actions }: Pick<Plan, "actions">,
  observed: Pick<Observed, "clusters">,
  { owners, clusters }: PlanScope,
): Plan {
  const isAsked = ({ owner, formerOwner = owner, cluster }: Action) =>
    owners?.has(owner) !== false && owners?.has(formerOwner) !== false && clusters?.has(cluster) !== false;
  const steps = actions.map((action) =>
    action.verb === "noop" || isAsked(action) ? { action } : { action, held: outOfScope },
  );
  const narrowed = inOrder(holdBack(steps, [], undefined).map(toAction));
  return { actions: narrowed, stages: planStages(narrowed, observed) };
}

/** Whether an object is as it is since nobody asked for it. */
export function isLeftOut({ reason }: Pick<Action, "reason">): boolean {
  return reason === outOfScope;
}

/** How many writes of each owner a narrowed plan has left out. */
export function leftOut({
  actions,
}: Pick<Plan, "actions">): readonly { readonly owner: string; readonly writes: number }[] {
  const counts = new Map<string, number>();
  for (const action of actions) {
    if (isLeftOut(action)) counts.set(action.owner, (counts.get(action.owner) ?? 0) + 1);
  }
  return [...counts].sort(([one], [other]) => (one < other ? -1 : 1)).map(([owner, writes]) => ({ owner, writes }));
}
