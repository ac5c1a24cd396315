export { compile } from "./compile/compile.ts";
export { type CompileState, recompile, recompiling } from "./compile/recompile.ts";
export { type FilePlace, objectPlace, type Place, showPlace, thingPlace } from "./findings/place.ts";
export { type Sentence, say } from "./findings/say.ts";
export { shellWord } from "./findings/shellWord.ts";
export { showPath } from "./findings/showValue.ts";
export { fitsWildcard } from "./fitsWildcard.ts";
export { gatewayAddresses } from "./istio/gatewayAddresses.ts";
export { showHostPort } from "./istio/hostPort.ts";
export { istioCluster } from "./istio/istioClusters.ts";
export type { TokenClaims } from "./istio/policy/tokenClaims.ts";
export { spiffeId } from "./istio/spiffeId.ts";
export {
  type CheckedKind,
  catalog,
  configMapKind,
  controllerKinds,
  deploymentKind,
  elementKey,
  endpointSliceKind,
  type KindEntry,
  kindEntry,
  type MergeRule,
  mergeRules,
  mutatingWebhookKind,
  serviceCidrKind,
} from "./kinds/catalog.ts";
export {
  type Container,
  isReady,
  type Node,
  type Pod,
  type PodController,
  type PodSpec,
  readVariables,
  type Service,
  type ServicePort,
} from "./kinds/core.ts";
export { networkingApiVersion } from "./kinds/istio.ts";
export {
  type ClusterObject,
  groupOf,
  type KubeObject,
  keyOf,
  type ObjectRef,
  refOf,
  showRef,
} from "./kinds/kubeObject.ts";
export {
  fieldManager,
  isOurs,
  managedByLabel,
  ownerLabel,
  ownerName,
  ownerOf,
  ownershipLabels,
  type Side,
  sideOf,
} from "./kinds/ownership.ts";
export { type AskedRight, askedRights, meshConfigMap, type RightPurpose, trustRootConfigMap } from "./kinds/rights.ts";
export {
  type Admission,
  type AdmittedIntents,
  admitDeclarations,
  ownerOfAdmission,
} from "./model/admitDeclarations.ts";
export type { AcrossPath, Compiled, DeclaredPath, ExternalServicePath } from "./model/compiled.ts";
export { type Kind, kindNamed, kinds, testKinds } from "./model/declaredKinds.ts";
export { declaredOwners } from "./model/declaredOwners.ts";
export {
  type ExternalAccess,
  externalAccessSchema,
  issuedCredentialName,
} from "./model/externalAccess/externalAccess.ts";
export { type ExternalService, externalServiceSchema } from "./model/externalService/externalService.ts";
export { at, type Intent, type Intents, showDeclared } from "./model/intents.ts";
export { type Mesh, meshSchema } from "./model/mesh/mesh.ts";
export type { SignerConfig } from "./model/mesh/meshCa.ts";
export { type MeshCluster, meshClusterSchema } from "./model/mesh/meshCluster.ts";
export { selectClusters } from "./model/mesh/selectClusters.ts";
export { type FoundCluster, starterMesh } from "./model/mesh/starterMesh.ts";
export { type GivenCluster, undeclaredMesh } from "./model/mesh/undeclaredMesh.ts";
export { nearestName } from "./model/nearestName.ts";
export { defaultMeshConfig, type MeshConfig, parseMeshConfig } from "./model/observed/meshConfig.ts";
export type { Observed, ObservedCluster, TrustRoot, UnreadKind } from "./model/observed/observed.ts";
export { type ParsedIntents, parseIntents } from "./model/parseIntents.ts";
export { declaredKindEntry } from "./model/schema/declaredKindEntry.ts";
export { type ExplainedField, explainField } from "./model/schema/explainField.ts";
export { kindSchemaOf } from "./model/schema/fieldSchema.ts";
export type { WrittenIntent } from "./model/schema/minimalIntent.ts";
export { consumersAt, isConsumer, restrictsCallers } from "./model/sharedService/access.ts";
export { joinConsumers, partConsumers } from "./model/sharedService/joinConsumers.ts";
export { type SharedService, sharedServiceSchema } from "./model/sharedService/sharedService.ts";
export { type StrayDeclaration, strayDeclarations } from "./model/strayDeclarations.ts";
export { withConsumers, withoutResource } from "./model/yaml/editResource.ts";
export { offsetAt } from "./model/yaml/offsetAt.ts";
export { readDocuments, type SourceDocument } from "./model/yaml/readDocuments.ts";
export { type InputFile, maxFileLength } from "./model/yaml/readTokens.ts";
export { type Sources, withPositions } from "./model/yaml/sources.ts";
export { appendDocument, formatIntents, toYaml } from "./model/yaml/toYaml.ts";
export {
  hasErrors,
  isPartial,
  MeshError,
  makeProblem,
  movedTo,
  type Problem,
  type ProblemCode,
  problemCodes,
  type Severity,
} from "./problem.ts";
export { usage } from "./usage.ts";
export { applyChanges, type ObjectChange } from "./world/applyChanges.ts";
export { keepEqual } from "./world/keepEqual.ts";
