/** What a good token says, by claim: `iss`, `sub`, `aud`, `groups`; within a claim `realm[roles]`. */
export type TokenClaims = Readonly<Record<string, readonly string[]>>;

/** Stands for the token in a header, or in the query, of a request with `claims`. */
export const tokenPlaceholder = "{token}";
