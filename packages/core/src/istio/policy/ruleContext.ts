import type { AuthorizationPolicy } from "../../kinds/index.ts";
import type { MeshConfig } from "../../model/index.ts";
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
