export { alpnOf, type InboundChain, inboundChain, sniOf } from "./inboundChain.ts";
export { type InboundPort, inboundPort } from "./inboundPort.ts";
