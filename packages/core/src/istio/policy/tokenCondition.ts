import { matchPolicyText } from "./matchPolicyText.ts";
import { claimPath, type TokenClaims } from "./tokenClaims.ts";

/**
 * Whether a token's claims are what a key of a rule asks for: `request.auth.principal`, `request.auth.audiences`,
 * `request.auth.presenter`, `request.auth.claims[groups]` (pilot/pkg/security/authz/model/generator.go).
 */
export function matchesClaim(key: string, value: string, claims: TokenClaims): boolean {
  if (key === "request.auth.principal") return matchesPrincipal(value, claims);
  return (claims[claimAsked(key)] ?? []).some((each) => matchText(value, each));
}

/** Whether istiod can read it: `request.auth.claims` wants a name in brackets. */
export function isClaimKey(key: string): boolean {
  return !key.startsWith("request.auth.claims") || /^\[.*\]$/s.test(key.slice("request.auth.claims".length));
}

/** The claim that a key other than `request.auth.principal` asks for. Several names in brackets lead into the claim; anything else in them is one name (util.go, extractNameInNestedBrackets). */
export function claimAsked(key: string): string {
  if (key === "request.auth.audiences") return "aud";
  if (key === "request.auth.presenter") return "azp";
  const bracketed = key.slice("request.auth.claims".length);
  if (!/^(\[[^[\]]*\])+$/.test(bracketed)) return bracketed.slice(1, -1);
  return claimPath([...bracketed.matchAll(/\[([^\]]*)\]/g)].map(([, name = ""]) => name));
}

/** Issuer and subject are parted at the last slash, and each matched by itself (requestPrincipalGenerator). */
function matchesPrincipal(value: string, { iss, sub }: TokenClaims): boolean {
  const [issuer, subject] = [iss?.[0] ?? "", sub?.[0] ?? ""];
  const slash = value.lastIndexOf("/");
  const [ofIssuer, ofSubject] = slash < 0 ? [value, ""] : [value.slice(0, slash), value.slice(slash + 1)];
  if (value === "*") return issuer !== "" && subject !== "";
  if (value.startsWith("*")) {
    return slash < 0
      ? issuer !== "" && subject.endsWith(value.slice(1))
      : matchText(ofIssuer, issuer) && subject === ofSubject;
  }
  if (value.endsWith("*")) {
    return slash < 0
      ? issuer.startsWith(value.slice(0, -1)) && subject !== ""
      : issuer === ofIssuer && matchText(ofSubject, subject);
  }
  return issuer === ofIssuer && subject === ofSubject;
}

function matchText(pattern: string, text: string): boolean {
  return pattern === "*" ? text !== "" : matchPolicyText(pattern, text);
}
