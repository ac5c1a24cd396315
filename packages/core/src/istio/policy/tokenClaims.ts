/** What a good token says, by claim: `iss`, `sub`, `aud`, `groups`; within a claim `realm[roles]`. */
export type TokenClaims = Readonly<Record<string, readonly string[]>>;

/** Stands for the token in a header, or in the query, of a request with `claims`. */
export const tokenPlaceholder = "{token}";

/** The key of a claim within claims: `realm[roles]` for `realm`, `roles`. */
export function claimPath([first = "", ...inner]: readonly string[]): string {
  return [first, ...inner.map((name) => `[${name}]`)].join("");
}
