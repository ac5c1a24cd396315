export { checkIntents } from "./checkIntents.ts";
export type { AcrossPath, Compiled, DeclaredPath, ExternalAccessPath, ExternalServicePath } from "./compiled.ts";
export { byList, declaredKinds, isKind, isTestKind, kinds, testKinds } from "./declaredKinds.ts";
export { declaredOwners } from "./declaredOwners.ts";
export { demandsOn } from "./demandsOn.ts";
export { type ExternalAccess, issuedCredentialName } from "./externalAccess/externalAccess.ts";
export type { ExternalService } from "./externalService/externalService.ts";
export { at, type Intents, showDeclared } from "./intents.ts";
export { type AddressPool, addressNumber, contains, parseAddressPool, plainAddress } from "./mesh/addressPool.ts";
export type { Mesh } from "./mesh/mesh.ts";
export { type MeshCluster, meshClusterSchema } from "./mesh/meshCluster.ts";
export { selectClusters, selectsCluster } from "./mesh/selectClusters.ts";
export { nearestName } from "./nearestName.ts";
export {
  defaultMeshConfig,
  type EscapedSlashes,
  type MeshConfig,
  parseMeshConfig,
  podConnectionSettings,
  podProxyMetadata,
} from "./observed/meshConfig.ts";
export type { MeshNetwork } from "./observed/meshNetworks.ts";
export type { Observed, ObservedCluster, TrustRoot, UnreadKind } from "./observed/observed.ts";
export { parseIntents } from "./parseIntents.ts";
export {
  apiVersion,
  clusterScopedMetadata,
  dnsLabelSchema,
  group,
  hostSchema,
  labelsSchema,
  portNumberSchema,
  serviceAccountSchema,
  uniqueList,
} from "./resource.ts";
export { customResource, customResourceFiles, isNamespaced } from "./schema/customResource.ts";
export { describeField } from "./schema/describeField.ts";
export { explainIssues, type Mistake } from "./schema/explainIssues.ts";
export {
  type FieldSchema,
  fieldSchemaOf,
  type KindSchema,
  type Path,
  toFieldSchema,
  valueAt,
} from "./schema/fieldSchema.ts";
export type { WrittenIntent } from "./schema/minimalIntent.ts";
export { missingField, readIntent, unknownKind, unknownVersion } from "./schema/readIntent.ts";
export { consumersAt, hasAccessRules, isConsumer, restrictsCallers } from "./sharedService/access.ts";
export type { SharedService } from "./sharedService/sharedService.ts";
export {
  concernsHttp,
  needsRoutes,
  splitsByVersion,
  type TextMatch,
  type TrafficRule,
} from "./sharedService/traffic.ts";
export { offsetAt, sourceAt } from "./yaml/offsetAt.ts";
export { readDocuments, type SourceDocument } from "./yaml/readDocuments.ts";
export type { InputFile } from "./yaml/readTokens.ts";
export { problemOfItem, type ResourceItem, resourcesIn } from "./yaml/resourceItem.ts";
export { formatIntents } from "./yaml/toYaml.ts";
