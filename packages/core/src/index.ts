export { type CheckCategory, checkCategories } from "./check/check.ts";
export type {
  AnsweredRight,
  CheckedCluster,
  CheckInput,
  GatewayProbe,
  Inspection,
  KeyFile,
  ShownCertificate,
} from "./check/checkInput.ts";
export type { CheckRow, CheckStatus } from "./check/checkRow.ts";
export { checkStatuses } from "./check/checkRow.ts";
export { gatewayListener } from "./check/gatewayListener.ts";
export type { Reading } from "./check/reading.ts";
export { checks, runChecks } from "./check/runChecks.ts";
export { compile } from "./compile/compile.ts";
export { type CompileState, recompile } from "./compile/recompile.ts";
export type { Diagnosis, WireVerdict } from "./doctor/diagnose.ts";
export { diagnose } from "./doctor/diagnose.ts";
export type {
  Down,
  Evidence,
  IstiodEvidence,
  Knock,
  ProxyEvidence,
  ProxyState,
  ProxySync,
  Rejection,
  Unseen,
  Upstream,
  WireCall,
} from "./doctor/evidence.ts";
export type { EmcoOptions } from "./emco/emcoPlacement.ts";
export { importEmco } from "./emco/importEmco.ts";
export type { FilePlace, Place } from "./findings/place.ts";
export { objectPlace, showPlace, thingPlace } from "./findings/place.ts";
export type { Named, Param, Sentence, Words } from "./findings/say.ts";
export { say } from "./findings/say.ts";
export { showPath } from "./findings/showPath.ts";
export {
  type HelmValues,
  helmValues,
  type InstallOptions,
  istioOperator,
  meshConfigValues,
} from "./install/installConfig.ts";
export { withValues } from "./install/withValues.ts";
export type { HttpPayload, Payload, ProxyTls, Transport } from "./istio/connection.ts";
export type { GatewayAddress, GatewayAddresses } from "./istio/gatewayAddresses.ts";
export { gatewayAddresses } from "./istio/gatewayAddresses.ts";
export { showHostPort } from "./istio/hostPort.ts";
export { isInjected } from "./istio/injection.ts";
export type { IstioCluster } from "./istio/istioCluster.ts";
export { istioCluster, istioClusters } from "./istio/istioClusters.ts";
export { type TokenClaims, tokenPlaceholder } from "./istio/policy/tokenClaims.ts";
export { spiffeId } from "./istio/spiffeId.ts";
export { type AskedRight, askedRights } from "./kinds/askedRights.ts";
export type { KindEntry } from "./kinds/catalog.ts";
export { catalog, kindEntry } from "./kinds/catalog.ts";
export {
  type CheckedKind,
  checkedKinds,
  deploymentKind,
  endpointSliceKind,
  mutatingWebhookKind,
  serviceCidrKind,
} from "./kinds/checkedKinds.ts";
export type { ClusterObject } from "./kinds/clusterObject.ts";
export { clusterObject, showClusterObject } from "./kinds/clusterObject.ts";
export { configMapKind } from "./kinds/configMapKind.ts";
export type { Container, Node, Pod, PodController, PodSpec, Service, ServicePort } from "./kinds/core.ts";
export { readVariables } from "./kinds/core.ts";
export type { DestinationRule } from "./kinds/destinationRule.ts";
export { isReady } from "./kinds/isReady.ts";
export type { Gateway, ServiceEntry, WorkloadEntry } from "./kinds/istio.ts";
export { networkingApiVersion } from "./kinds/istio.ts";
export type { KubeObject, ManagedFieldsEntry, ObjectMeta, ObjectRef } from "./kinds/kubeObject.ts";
export { groupOf, keyOf, refOf, showRef } from "./kinds/kubeObject.ts";
export type { KeyedListRule, MergeRule, MergeRules } from "./kinds/mergeRules.ts";
export { elementKey, mergeRules } from "./kinds/mergeRules.ts";
export type { Side } from "./kinds/ownership.ts";
export {
  fieldManager,
  isOurs,
  managedByLabel,
  ownerLabel,
  ownerName,
  ownerOf,
  ownershipLabels,
  sideLabel,
  sideOf,
} from "./kinds/ownership.ts";
export {
  caSecret,
  meshConfigMap,
  type Right,
  type RightPurpose,
  type RightVerb,
  rightsOf,
  trustRootConfigMap,
} from "./kinds/rights.ts";
export type { IntentsContext } from "./model/checkIntents.ts";
export { checkIntents } from "./model/checkIntents.ts";
export type { AcrossPath, Compiled, DeclaredPath, InwardPath, OutwardPath } from "./model/compiled.ts";
export type { ExternalAccess } from "./model/externalAccess/externalAccess.ts";
export { externalAccessSchema, issuedCredentialName } from "./model/externalAccess/externalAccess.ts";
export type { ExternalService } from "./model/externalService/externalService.ts";
export { externalServiceSchema } from "./model/externalService/externalService.ts";
export type { Intent, Intents } from "./model/intents.ts";
export { at, showDeclared } from "./model/intents.ts";
export type { Kind } from "./model/kindSchemas.ts";
export { kinds } from "./model/kindSchemas.ts";
export type { Mesh } from "./model/mesh/mesh.ts";
export { meshSchema } from "./model/mesh/mesh.ts";
export type { SignerConfig } from "./model/mesh/meshCa.ts";
export type { MeshCluster } from "./model/mesh/meshCluster.ts";
export { meshClusterSchema } from "./model/mesh/meshCluster.ts";
export { matchClusters, selectClusters } from "./model/mesh/selectClusters.ts";
export { clusterNames, type FoundCluster, starterMesh } from "./model/mesh/starterMesh.ts";
export { nearestName } from "./model/nearestName.ts";
export type { MeshConfig } from "./model/observed/meshConfig.ts";
export { defaultMeshConfig, parseMeshConfig } from "./model/observed/meshConfig.ts";
export type { Observed, ObservedCluster, TrustRoot, UnreadKind } from "./model/observed/observed.ts";
export type { ParsedIntents, ParseOptions } from "./model/parseIntents.ts";
export { parseIntents } from "./model/parseIntents.ts";
export type { WrittenIntent } from "./model/schema/minimalIntent.ts";
export { consumersAt, isConsumer, restrictsCallers } from "./model/sharedService/access.ts";
export type { SharedService } from "./model/sharedService/sharedService.ts";
export { sharedServiceSchema } from "./model/sharedService/sharedService.ts";
export { type StrayDeclaration, strayDeclarations } from "./model/strayDeclarations.ts";
export { offsetAt } from "./model/yaml/offsetAt.ts";
export type { ReadDocuments, SourceDocument } from "./model/yaml/readDocuments.ts";
export { readDocuments } from "./model/yaml/readDocuments.ts";
export type { InputFile } from "./model/yaml/readTokens.ts";
export { maxFileLength } from "./model/yaml/readTokens.ts";
export type { Sources } from "./model/yaml/sources.ts";
export { withPositions } from "./model/yaml/sources.ts";
export { appendDocument, formatIntents, toYaml } from "./model/yaml/toYaml.ts";
export type { OutputKind } from "./outputs/outputSchemas.ts";
export { outputVersion } from "./outputs/outputSchemas.ts";
export type { Action, ActionVerb, FieldChange, LiveVersion, Plan, PlanSummary, Stage } from "./plan/action.ts";
export { actionVerbs, summarize, writesOf } from "./plan/action.ts";
export { afterPlan } from "./plan/afterPlan.ts";
export { checkStale } from "./plan/checkStale.ts";
export { fieldChanges } from "./plan/fieldChanges.ts";
export { isInventory } from "./plan/inventory.ts";
export { massDelete } from "./plan/massDelete.ts";
export type { PlanOptions } from "./plan/plan.ts";
export { plan } from "./plan/plan.ts";
export { recheckPlan } from "./plan/recheckPlan.ts";
export type { DecodedPlan, SavedPlan } from "./plan/savedPlan.ts";
export { decodeSavedPlan, encodeSavedPlan } from "./plan/savedPlan.ts";
export type { Problem, ProblemCode, ProblemDraft, Severity } from "./problem.ts";
export { hasErrors, isPartial, MeshError, makeProblem, movedTo, problemCodes } from "./problem.ts";
export { type RbacOptions, type RbacSubject, rbacManifests } from "./rbac/rbacManifests.ts";
export type { ClusterTrust, ProxyCertificate } from "./rotation/clusterTrust.ts";
export {
  nextMove,
  type RotationGoal,
  type RotationMove,
  type RotationStage,
  type RotationStep,
  type RotationWait,
} from "./rotation/nextMove.ts";
export { kindShapes } from "./shape/__generated__/kindShapes.ts";
export { metadataShape } from "./shape/metadataShape.ts";
export { malformedProblem, type ReadObject, readObject, showUnreadable, unreadableOf } from "./shape/readObject.ts";
export { readShape } from "./shape/readShape.ts";
export { boolean, type FieldsShape, fields, list, type Shape, text, words } from "./shape/shape.ts";
export type { UnreadableObject } from "./shape/unreadableObject.ts";
export { type Assumption, type AssumptionKind, assumptionKinds } from "./trace/assumption.ts";
export type { Attempt, CallerFacts, ClientStep, Destination, Front } from "./trace/attempt.ts";
export { callerSteps } from "./trace/callerSteps.ts";
export { findCaller } from "./trace/client/findCaller.ts";
export type { Graph, GraphEdge, GraphNode, GraphNodeKind } from "./trace/graph.ts";
export { graph } from "./trace/graph.ts";
export type { PathEffect, PathEffectKind, PathEffectsInput } from "./trace/pathEffects.ts";
export { brokenPaths, pathEffects, whyNot } from "./trace/pathEffects.ts";
export { isReached, tellingBranch, trace } from "./trace/trace.ts";
export type { PathTrace, TracePathsInput } from "./trace/tracePaths.ts";
export { tracePaths } from "./trace/tracePaths.ts";
export type {
  OutsideCaller,
  OutsideRequest,
  TraceCaller,
  TraceRequest,
  TraceScheme,
  TraceUrl,
  WorkloadRequest,
} from "./trace/traceRequest.ts";
export { isFromOutside, showCaller, showUrl, traceSchemes } from "./trace/traceRequest.ts";
export type {
  BrokenHop,
  Trace,
  TraceBranch,
  TraceCode,
  TraceHop,
  TraceHopName,
  TraceOutcome,
  TraceVerdict,
} from "./trace/traceResult.ts";
export type { TraceWorld } from "./trace/traceWorld.ts";
export { traceWorld } from "./trace/traceWorld.ts";
export type { Hop, HopName, PathProof, ProofStatus } from "./verify/pathProof.ts";
export { hopNames, statusOfTrace } from "./verify/pathProof.ts";
export type { ProofInput } from "./verify/proofContext.ts";
export { proofOfPaths } from "./verify/proofOfPaths.ts";
export { applyChanges, type ObjectChange } from "./world/applyChanges.ts";
