export { type AbsentKinds, absentKinds } from "./app/absentKinds.ts";
export { type AdmitPlanOptions, type AdmittedPlan, admittingPlan } from "./app/admitPlan.ts";
export { type CheckMeshOptions, checkMesh } from "./app/checkMesh.ts";
export { type DeclaredState, declaredStates, type PathCounts } from "./app/declaredStates.ts";
export { type DescribedObject, type DescribedPath, describeHost, type HostDescription } from "./app/describeHost.ts";
export { type DiagnoseOptions, diagnoseMesh } from "./app/diagnoseMesh.ts";
export { type FoundGateways, findGateways } from "./app/findGateways.ts";
export { type KeptMesh, type KeptWorld, keepingMesh } from "./app/keepMesh.ts";
export { labelSelector } from "./app/labelSelector.ts";
export { lintMesh, type MeshLint } from "./app/lintMesh.ts";
export { type ClusterState, meshPathChanges } from "./app/meshPathChanges.ts";
export { meshReachability } from "./app/meshReachability.ts";
export {
  type ClusterStatus,
  type ExternalAccessStatus,
  type ExternalServiceStatus,
  type LinkStatus,
  type MeshStatus,
  meshStatus,
  type SharedServiceStatus,
} from "./app/meshStatus.ts";
export { type ClusterVersions, meshVersions } from "./app/meshVersions.ts";
export { pasteableText } from "./app/pasteableHints.ts";
export type { AllowedPlans } from "./app/planAlarm.ts";
export { planEffects } from "./app/planEffects.ts";
export { type DeclaredMesh, type PlanMeshOptions, type PlannedMesh, planMesh } from "./app/planMesh.ts";
export { type ProbeMeshOptions, probedPaths, probeMesh } from "./app/probeMesh.ts";
export { type RecheckOptions, recheckSavedPlan } from "./app/recheckSavedPlan.ts";
export { type JudgedMesh, type ReconcileEvent, type ReconcileOptions, reconcile } from "./app/reconcile.ts";
export { readSavedPlan } from "./app/savedPlanFile.ts";
export { savePlan } from "./app/savePlan.ts";
export { narrowMesh, type ScopeWords, scopeOf } from "./app/scope.ts";
export { type TestMeshOptions, testMesh } from "./app/testMesh.ts";
export { traceMesh } from "./app/traceMesh.ts";
export { type VerifiedMesh, type VerifyMeshOptions, verifyMesh } from "./app/verifyMesh.ts";
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
export { readRange, readState } from "./git/readState.ts";
export {
  type IntentFiles,
  type IntentFilesOptions,
  type PassedOver,
  readInputFiles,
  readIntentFiles,
} from "./intentFiles.ts";
export { type ObserveOptions, type ObserveResult, observe } from "./observe/observe.ts";
export { readPathTests } from "./pathTestFiles.ts";
export { caIdentity } from "./probe/caIdentity.ts";
export { type Latency, type Probe, type ProbeKind, probeKinds } from "./probe/probe.ts";
export type { Reach } from "./reach.ts";
export { loadRotation } from "./rotation/loadRotation.ts";
export type {
  IntermediateStatus,
  RenewEvent,
  RotationCluster,
  RotationEvent,
  RotationTarget,
  TrustObservation,
} from "./rotation/rotation.ts";
export { afterEvent, type ClusterEvent } from "./target/clusterEvent.ts";
export { writeFileAtomically } from "./target/directory/writeFileAtomically.ts";
export { DirectoryTarget, type DirectoryTargetOptions } from "./target/directoryTarget.ts";
export { type Follower, followKind, type Pacing, pauseAfter } from "./target/live/followKind.ts";
export { type OpenTargetsOptions, openTargets, type SecretKey, withTargets } from "./target/openTargets.ts";
export type { CallOptions, Observation, Target, WriteOptions, Writer } from "./target/target.ts";
export type { ProvenPath, WireChoice } from "./verify/proveMesh.ts";
export type { WireProof } from "./verify/tryPaths.ts";
export { withFolderLock } from "./withFolderLock.ts";
