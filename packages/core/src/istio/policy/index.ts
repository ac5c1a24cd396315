export { authenticate } from "./authenticate.ts";
export { type Authorization, authorize } from "./authorize.ts";
export { type Caller, callersOf } from "./caller.ts";
export { type AskedCaller, callerTraits } from "./callerTraits.ts";
export { canMatchPath } from "./canMatchPath.ts";
export { attachmentOf, isAttached } from "./isAttached.ts";
export {
  escapeRegExp,
  matchPolicyPath,
  matchPolicyText,
  policyPathRegex,
  policyTextRegex,
} from "./matchPolicyText.ts";
export { mutualTlsMode, type PeerMode } from "./peerAuthentication.ts";
export { policiesOf } from "./policiesOf.ts";
export { routingClaim } from "./routingClaim.ts";
export { type TokenClaims, tokenPlaceholder } from "./tokenClaims.ts";
export { claimAsked, matchesClaim } from "./tokenCondition.ts";
export { acceptedTrustDomains, trustDomainsOf } from "./trustDomains.ts";
