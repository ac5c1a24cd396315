export { observeTrust, type RotationCluster, type TrustObservation } from "./observeTrust.ts";
export {
  abortTarget,
  declaredTarget,
  issueWith,
  keyFileTarget,
  type RotationTarget,
  rootsToKeep,
  rotationClusters,
} from "./openRotation.ts";
export {
  type IntermediateStatus,
  type RenewEvent,
  type RenewOptions,
  renewIntermediates,
} from "./renewIntermediates.ts";
export { type RotateRootOptions, type RotationEvent, rotateRoot } from "./rotateRoot.ts";
