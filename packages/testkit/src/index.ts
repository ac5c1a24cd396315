export type { WriteHooks } from "./memoryTarget.ts";
export { MemoryTarget } from "./memoryTarget.ts";
export type { Drift } from "./randomDrift.ts";
export { driftAway, drifts } from "./randomDrift.ts";
export type { ClusterObjects } from "./randomObjects.ts";
export { clusterNames, clusterObjects, foreignObjects } from "./randomObjects.ts";
