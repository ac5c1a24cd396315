/** What a policy may ask about a connection as it arrives at a proxy. */
import type { HttpPayload } from "../connection.ts";
import type { TokenClaims } from "./tokenClaims.ts";
export interface ConnectionFacts {
  /** What the filter chain treats it as: a TCP chain knows no methods and paths. */
  readonly protocol: "http" | "tcp";
  /** The SPIFFE ID of the client's certificate; undefined where the proxy asked for none. */
  readonly principal: string | undefined;
  /** The client shows a certificate whose names we don't know. */
  readonly isPrincipalHidden?: boolean;
  /** Undefined where it cannot be told, as behind a node port or a gateway. */
  readonly sourceAddress: string | undefined;
  readonly destinationAddress: string | undefined;
  readonly destinationPort: number;
  readonly sni: string;
  /** Undefined where no HTTP is spoken. */
  readonly http: HttpPayload | undefined;
  /** Of a token that the proxy has found good. */
  readonly claims?: TokenClaims;
}
