import type { AuthorizationPolicy } from "../../kinds/istio.ts";
import type { MeshConfig } from "../../model/observed/meshConfig.ts";
import type { Workload } from "../workload.ts";
import type { ConnectionFacts } from "./connectionFacts.ts";

/** What a rule of a policy is held against. */
export interface RuleContext {
  readonly policy: AuthorizationPolicy;
  readonly mesh: MeshConfig;
  /** Whose proxy asks. */
  readonly workload: Pick<Workload, "proxy">;
  readonly facts: ConnectionFacts;
}
