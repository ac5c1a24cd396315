import { claimPath } from "./tokenClaims.ts";

const prefix = "@request.auth.claims";

/**
 * The claim, by its key in `TokenClaims`, that a name among a match's headers stands for: `@request.auth.claims.groups`,
 * `@request.auth.claims[realm][roles]`. Undefined: it is a header's name (pkg/jwt/routingclaim.go, ToRoutingClaim).
 */
export function routingClaim(name: string): string | undefined {
  if (!name.toLowerCase().startsWith(prefix)) return undefined;
  const rest = name.slice(prefix.length);
  if (/^\../s.test(rest)) return claimPath(rest.slice(1).split("."));
  if (/^\[.+\]$/s.test(rest)) return claimPath(rest.slice(1, -1).split("]["));
  return undefined;
}
