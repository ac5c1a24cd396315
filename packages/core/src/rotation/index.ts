export type { ClusterTrust, ProxyCertificate } from "./clusterTrust.ts";
export { nextMove, type RotationMove, type RotationStage, type RotationStep, type RotationWait } from "./nextMove.ts";
