import type { AuthorizationPolicy } from "../../kinds/istio.ts";
import type { MeshConfig } from "../../model/meshConfig.ts";
import type { ConnectionFacts } from "./connectionFacts.ts";

/** What a rule of a policy is held against. */
export interface RuleContext {
  readonly policy: AuthorizationPolicy;
  readonly mesh: MeshConfig;
  readonly facts: ConnectionFacts;
}
