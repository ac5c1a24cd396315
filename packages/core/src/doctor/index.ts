export { type Diagnosis, diagnose, isAnswered } from "./diagnose.ts";
export type {
  Down,
  Evidence,
  IstiodEvidence,
  Knock,
  ProxyEvidence,
  ProxyState,
  Rejection,
  Unseen,
  Upstream,
  WireCall,
} from "./evidence.ts";
