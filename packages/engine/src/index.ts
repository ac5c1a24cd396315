export type { ApplyEvent } from "./apply/applyEvent.ts";
export type { ApplyPlanOptions } from "./apply/applyPlan.ts";
export { applyPlan } from "./apply/applyPlan.ts";
export { maxSavedPlanSize, readSavedPlan, writeSavedPlan } from "./savedPlan.ts";
export { DirectoryTarget, type DirectoryTargetOptions } from "./target/directoryTarget.ts";
export type { CallOptions, Observation, Target, WriteOptions } from "./target/target.ts";
