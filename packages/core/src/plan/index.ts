export {
  type Action,
  type ActionVerb,
  actionVerbs,
  type FieldChange,
  type Plan,
  type Stage,
  summarize,
  writesOf,
} from "./action.ts";
export { afterPlan } from "./afterPlan.ts";
export { changedObject } from "./changedObject.ts";
export { checkOutdated } from "./checkOutdated.ts";
export { checkStale } from "./checkStale.ts";
export type { PlanOptions } from "./clusterSteps.ts";
export { fieldChanges } from "./fieldChanges.ts";
export { isInventory } from "./inventory.ts";
export { type DeleteLimit, massDelete } from "./massDelete.ts";
export { isLeftOut, leftOut, narrowPlan, type PlanScope } from "./narrowPlan.ts";
export { type PlanState, plan, replan } from "./plan.ts";
export { type PlanGroup, type PlanStep, planGroups } from "./planGroups.ts";
export { type GoingPath, type PlanLosses, planLosses } from "./planLosses.ts";
export { recheckPlan } from "./recheckPlan.ts";
export { type DecodedPlan, decodeSavedPlan, encodeSavedPlan, type SavedPlan, savedPlanStart } from "./savedPlan.ts";
