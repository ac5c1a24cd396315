export {
  destinationRuleFor,
  type HostRule,
  type MergedRule,
  type PlacedSubset,
  rulesInTheWay,
} from "./destinationRules.ts";
export { exportFieldOf, type Hiding, hidingOf } from "./hiding.ts";
export {
  type EgressListener,
  egressOf,
  importedBy,
  type ProxyScope,
  portOf,
  proxyScope,
  type ScopeKey,
  serviceOf,
} from "./proxyScope.ts";
export { sidecarFor } from "./sidecarFor.ts";
export { effectivePolicy } from "./trafficPolicy.ts";
export { gatewayName, mergedVirtualServices, virtualServicesOf } from "./virtualServices.ts";
