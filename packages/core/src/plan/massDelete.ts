import { say } from "../findings/index.ts";
import { keyOf, refOf } from "../kinds/index.ts";
import type { Compiled, Observed } from "../model/index.ts";
import type { Problem } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import type { Plan } from "./action.ts";
import { isInventory } from "./inventory.ts";

/** How much a plan may delete unasked: so many objects, or a part of those that we own in all clusters together. */
export type DeleteLimit = { readonly objects: number } | { readonly percent: number };

/** A MASS_DELETE problem where the plan deletes more than that; more than half unless set. */
export function massDelete(
  plan: Pick<Plan, "actions">,
  observed: Observed,
  { unproven }: Pick<Compiled, "unproven"> = {},
  limit: DeleteLimit = { percent: 50 },
): Problem | undefined {
  const deletes = plan.actions.filter((action) => action.verb === "delete").length;
  let owned = 0;
  for (const { name, objects } of observed.clusters.values()) {
    const others = unproven?.get(name);
    owned += objects.filter((object) => isInventory(object) && others?.has(keyOf(refOf(object))) !== true).length;
  }
  // Whole numbers on both sides: 0.29 * 100 is less than 29.
  const isWithin = "objects" in limit ? deletes <= limit.objects : deletes * 100 <= limit.percent * owned;
  if (isWithin) return undefined;
  return makeProblem({
    code: "MASS_DELETE",
    at: { thing: "plan" },
    message: say`the plan deletes ${{ deletes }} of the ${{ owned }} objects that isthmus owns`,
    hint: "check that all declarations are given (-f); if it is meant, apply with --max-delete 100%",
  });
}
