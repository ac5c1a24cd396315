export {
  clusterDns,
  headlessAddresses,
  headlessParent,
  type NamedAddress,
  withClusterDomain,
  withSearchDomains,
} from "./clusterDns.ts";
export { endpointsOf, isIp, type MeshEndpoint } from "./endpoints.ts";
export { allMachines, isMachine, machineAt, workloadsBehind } from "./machines.ts";
export {
  kubeServiceAt,
  meshRegistry,
  overlookedServices,
  registered,
  registeredService,
  servicesOfHost,
} from "./meshRegistry.ts";
export type { MeshPort, MeshService } from "./meshService.ts";
export { nodeLocalField, onNodeOf, onOwnNode } from "./nodeLocal.ts";
export {
  type DeclaredProtocol,
  declaredProtocol,
  isHttp,
  isHttp2,
  isHttpOrSniffed,
  isTcp,
  isTls,
  type Protocol,
  parseProtocol,
} from "./protocol.ts";
export { resolved, searched, unresolvable } from "./proxyDns.ts";
export { mayBeServedBy, whyServedElsewhere } from "./remoteEndpoints.ts";
export { type PodPort, readyPods } from "./servicePods.ts";
export { namedTargetPort, targetPortOf, tcpPortOf } from "./targetPort.ts";
