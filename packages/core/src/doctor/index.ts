export { type Diagnosis, diagnose } from "./diagnose.ts";
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
