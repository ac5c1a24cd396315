export { intents, mesh, meshCluster, sharedService } from "./declared.ts";
export type { WriteHooks } from "./memoryTarget.ts";
export { MemoryTarget } from "./memoryTarget.ts";
export { mergeApply } from "./mergeApply.ts";
export { gatewayService, namespace, node, observedCluster, pod, service } from "./observedObjects.ts";
export type { Drift } from "./randomDrift.ts";
export { driftAway, drifts } from "./randomDrift.ts";
export type { ClusterObjects } from "./randomObjects.ts";
export { clusterNames, clusterObjects, foreignObjects } from "./randomObjects.ts";
