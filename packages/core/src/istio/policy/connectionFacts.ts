import type { AuthorizationPolicy } from "../../kinds/index.ts";
import type { MeshConfig } from "../../model/index.ts";
import type { HttpPayload } from "../connection.ts";
import type { Workload } from "../workload.ts";
import type { Caller } from "./caller.ts";
import type { TokenClaims } from "./tokenClaims.ts";

/** What a policy may ask about a connection as it arrives at a proxy, or about all those of a kind. */
export interface ConnectionFacts {
  /** What the filter chain treats it as: a TCP chain knows no methods and paths. Undefined: it may be either. */
  readonly protocol: "http" | "tcp" | undefined;
  readonly caller: Caller;
  /** Undefined where it cannot be told, as behind a node port or a gateway. */
  readonly sourceAddress: string | undefined;
  /** Of the pod. */
  readonly destinationAddress: string | undefined;
  /** Of the pod; undefined where a Service only names it. */
  readonly destinationPort: number | undefined;
  readonly sni: string;
  /** `any`: whatever request; undefined where no HTTP is spoken. */
  readonly http: HttpPayload | "any" | undefined;
  /** Of a token that the proxy has found good; none with an `http` that is known: there is no token. */
  readonly claims?: TokenClaims;
}

/** What a rule of a policy is held against. */
export interface RuleContext {
  readonly policy: AuthorizationPolicy;
  readonly mesh: MeshConfig;
  /** Whose proxy asks. */
  readonly workload: Pick<Workload, "proxy">;
  readonly facts: ConnectionFacts;
}
