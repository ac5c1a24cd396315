export { type Bypass, bypass, capturesInbound, runsAsProxy } from "./capture.ts";
export type { HttpPayload, Payload, ProxyTls, Transport } from "./connection.ts";
export { parseDuration } from "./duration.ts";
export { askBy, kept, keptBy, rowOf } from "./found.ts";
export {
  type GatewayAddress,
  gatewayAddresses,
  gatewayServiceNames,
  gatewayServices,
  gatewayTargetPorts,
} from "./gatewayAddresses.ts";
export {
  fullHost,
  HostMap,
  hostsOverlap,
  isCoveredBy,
  isWildcard,
  parseServiceHost,
  serviceHost,
  shortHosts,
} from "./hostNames.ts";
export { canonicalHost, hostOfAuthority, parseHostPort, showHost, showHostPort } from "./hostPort.ts";
export type {
  HeaderChanges,
  HttpMatch,
  HttpRetries,
  HttpRoute,
  L4Match,
  L4Route,
  Placed,
  StringMatch,
  WeightedTarget,
} from "./httpRoute.ts";
export { asksForProxy, injectionLabelOf, isInjected, tlsModeLabel } from "./injection.ts";
export { fingerprintsOf, IstioCluster } from "./istioCluster.ts";
export { changedFacts, istioCluster, istioClusters } from "./istioClusters.ts";
export { labelsMatch, labelsOfNamespace, selectorMatches } from "./labels.ts";
export { type Made, type Memo, memoised, memoisedBy, recalled } from "./memoised.ts";
export { type MeshVirtualService, meshGateway } from "./meshVirtualService.ts";
export { type NameScheme, nameOrigin } from "./nameOrigin.ts";
export { normalizePath } from "./normalizePath.ts";
export { pathNormalization } from "./pathNormalization.ts";
export { capturesDns, dnsCapture, proxyMetadataIn } from "./proxyConfig.ts";
export { meet, noteRead, type Reads, recordReads } from "./reads.ts";
export { parsePassthroughSni, passthroughSni } from "./sni.ts";
export { principal, principalsOfAccount, principalsOfNamespace, spiffeId } from "./spiffeId.ts";
export {
  localityOfNode,
  matchTold,
  podLabels,
  type RoutingProxy,
  regionLabel,
  routingProxy,
  whyUntold,
  zoneLabel,
} from "./topologyLabels.ts";
export { unreadableInPlay } from "./unreadableInPlay.ts";
export { isIn, virtualAddress } from "./virtualAddress.ts";
export { exportToAnnotation, isPublic, isVisible } from "./visibility.ts";
export {
  comingWorkload,
  imaginedGateway,
  templateKey,
  type Workload,
  workloadObject,
  workloadOfPod,
} from "./workload.ts";
