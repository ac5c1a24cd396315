export { authenticate } from "./authenticate.ts";
export { type Authorization, authorize } from "./authorize.ts";
export { type Caller, callersOf } from "./caller.ts";
export { canMatchPath } from "./canMatchPath.ts";
export { attachmentOf, isAttached } from "./isAttached.ts";
export { mutualTlsMode, type PeerMode } from "./peerAuthentication.ts";
export { routingClaim } from "./routingClaim.ts";
export { type TokenClaims, tokenPlaceholder } from "./tokenClaims.ts";
export { acceptedTrustDomains, trustDomainsOf } from "./trustDomains.ts";
