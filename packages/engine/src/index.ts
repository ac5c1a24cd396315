export type { ApplyEvent } from "./apply/applyEvent.ts";
export type { ApplyPlanOptions } from "./apply/applyPlan.ts";
export { applyPlan } from "./apply/applyPlan.ts";
export type {
  Ca,
  CaKind,
  CaOptions,
  CertificateStatus,
  ClusterCaStatus,
  IssueChoice,
  KeyFileMade,
  NamedFile,
  SecretOutcome,
} from "./ca/ca.ts";
export { loadCa } from "./ca/loadCa.ts";
export { type GatherOptions, gatherFacts } from "./check/gatherFacts.ts";
export { type EvidenceOptions, gatherEvidence } from "./doctor/gatherEvidence.ts";
export {
  type IntentFiles,
  type IntentFilesOptions,
  readInputFiles,
  readIntentFiles,
} from "./intentFiles.ts";
export { type ObserveOptions, type ObserveResult, observe } from "./observe/observe.ts";
export { type AllowedPlans, planAlarm } from "./planAlarm.ts";
export { type PlannedMesh, planEffects } from "./planEffects.ts";
export { caIdentity } from "./probe/caIdentity.ts";
export { type Latency, type Probe, type ProbeKind, probeKinds } from "./probe/probe.ts";
export { type ProbeOptions, probePaths } from "./probe/probePaths.ts";
export {
  type DeclaredMesh,
  type Prepared,
  type PrepareOptions,
  preparePlan,
  type ReconcileEvent,
  type ReconcileOptions,
  reconcile,
} from "./reconcile.ts";
export { loadRotation } from "./rotation/loadRotation.ts";
export type {
  IntermediateStatus,
  RenewEvent,
  RotationCluster,
  RotationEvent,
  RotationTarget,
  TrustObservation,
} from "./rotation/rotation.ts";
export { maxSavedPlanSize, readSavedPlan, writeSavedPlan } from "./savedPlan.ts";
export { DirectoryTarget, type DirectoryTargetOptions } from "./target/directoryTarget.ts";
export { type OpenTargetsOptions, openTargets } from "./target/openTargets.ts";
export type { CallOptions, Observation, Reach, Target, WriteOptions } from "./target/target.ts";
export {
  type CompiledMesh,
  type ProvenPath,
  type ProveOptions,
  proveMesh,
  type WireChoice,
} from "./verify/proveMesh.ts";
export type { WireProof } from "./verify/tryPaths.ts";
