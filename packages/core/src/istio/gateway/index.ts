export {
  type ChainChoice,
  type GatewayChain,
  gatewayChain,
  gatewayListener,
  type PassthroughTarget,
  sniHosts,
} from "./gatewayChain.ts";
export { gatewayHosts, type HostRoutes, hostRoutes } from "./gatewayHosts.ts";
export type { GatewayPod } from "./gatewayPod.ts";
export type { GatewayL4Route } from "./gatewayVirtualServices.ts";
export { type GatewayServer, type MergedGateway, mergedGateway } from "./mergedGateway.ts";
