export type { AskedRight } from "./askedRights.ts";
export { catalog, controllerKinds, type KeyedListRule, type KindEntry, type MergeRules, writingOf } from "./catalog.ts";
export { checkedKinds } from "./checkedKinds.ts";
export { type ClusterObject, clusterObject, showClusterObject } from "./clusterObject.ts";
export { configMapKind } from "./configMapKind.ts";
export type { Container, Node, Pod, PodController, PodSpec, Service, ServicePort } from "./core.ts";
export type { ClientTls, DestinationRule, LocalitySetting, Subset, TrafficPolicy } from "./destinationRule.ts";
export {
  type ApiGateway,
  type ApiRoute,
  type BackendRef,
  type GrpcRoute,
  gatewayApiGroup,
  gatewayApiVersion,
  type HttpRoute,
  type HttpRouteFilter,
  type HttpRouteMatch,
  type HttpRouteRule,
  type Listener,
  type ParentRef,
  type ReferenceGrant,
  type TcpRoute,
  type TlsRoute,
} from "./gatewayApi.ts";
export { isReady } from "./isReady.ts";
export {
  type AuthorizationPolicy,
  type EnvoyFilter,
  envoyFilterApiVersion,
  type Gateway,
  networkingApiVersion,
  type PeerAuthentication,
  type ProxyConfig,
  type RequestAuthentication,
  type ServiceEntry,
  type Sidecar,
  securityApiVersion,
  type VirtualService,
  type WasmPlugin,
  type WorkloadEntry,
} from "./istio.ts";
export { groupOf, type KubeObject, keyOf, type ObjectMeta, type ObjectRef, refOf, showRef } from "./kubeObject.ts";
export type { LabelRequirement, LabelSelector } from "./labelSelector.ts";
export { clusterSetDomain, mcsApiVersion, mcsGroup, type ServiceExport, type ServiceImport } from "./mcs.ts";
export { elementKey, mergeRules } from "./mergeRules.ts";
export { dnsLabel, hash53 } from "./names.ts";
export {
  fieldManager,
  importLabel,
  isNamedAsOurs,
  isOurs,
  isProvenOurs,
  isWrittenByOthers,
  managedByLabel,
  ownerLabel,
  ownerName,
  ownerOf,
  ownershipLabels,
  type Side,
  sideOf,
  whyNotOurs,
} from "./ownership.ts";
export { type Right, type RightPurpose, rightsOf } from "./rights.ts";
