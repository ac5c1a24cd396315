import { keyOf } from "../kinds/index.ts";
import type { Action, Plan, Stage } from "./action.ts";

/** The part of a plan that goes by itself: the writes of one owner, or of those between which objects pass. */
export interface PlanGroup {
  readonly owners: readonly string[];
  readonly plan: Plan;
  /** Its stages with their actions: one after another. */
  readonly steps: readonly PlanStep[];
}

export interface PlanStep extends Pick<Stage, "then"> {
  readonly actions: readonly Action[];
}

/** The parts of a plan of which none waits for another. */
export function planGroups({ actions, stages }: Plan): readonly PlanGroup[] {
  const byPlace = new Map(actions.map((action) => [placeOf(action), action]));
  const groups = new Map<string, Stage[]>();
  for (const stage of stages) {
    const key = stage.owners.join(" ");
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [stage]);
    else known.push(stage);
  }
  return [...groups.values()].map((own) => {
    const steps = own.map(({ writes, then }) => ({
      actions: writes.flatMap((write) => byPlace.get(placeOf(write)) ?? []),
      then,
    }));
    const plan = { actions: steps.flatMap((step) => step.actions), stages: own };
    return { owners: own[0]?.owners ?? [], plan, steps };
  });
}

function placeOf({ cluster, ref }: Pick<Action, "cluster" | "ref">): string {
  return `${cluster} ${keyOf(ref)}`;
}
