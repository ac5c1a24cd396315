export { type Hop, hopNames, type PathProof, type ProofStatus, statusOfTrace } from "./pathProof.ts";
export { proofOfPaths, provingPaths } from "./proofOfPaths.ts";
