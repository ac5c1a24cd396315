import { isInRange } from "./ipRange.ts";
import { escapeRegExp, matchPolicyPath, matchPolicyText } from "./matchPolicyText.ts";
import type { RuleContext } from "./ruleContext.ts";
import { matchesClaim } from "./tokenCondition.ts";
import { expandTrustDomains, withTrustDomainAliases } from "./trustDomains.ts";
import type { Truth } from "./truth.ts";

/**
 * What a key of a rule compares its values with.
 * - `principal` and `permission` are the two lists that Envoy's RBAC has, which a rule's `when` is divided among;
 * - `http only`: this filter chain is one of TCP; `invalid`: no such key, and istiod skips the rule.
 */
export type Condition =
  | { readonly kind: "matches"; readonly side: Side; readonly matches: (value: string) => Truth }
  | { readonly kind: "http only"; readonly side: Side }
  | { readonly kind: "invalid"; readonly side: Side };
type Side = "principal" | "permission";

/** Set by curl, Envoy or an app's library, and unknown to us. */
const unknownHeaders =
  /^(x-(request-id|forwarded|envoy|b3|istio|client-trace|ot-)|user-agent$|accept|content-|connection$|te$|trace|baggage$|grpc-)/;

/** Keys of a rule's `from` and of `when` that are about the caller (pilot/pkg/security/authz/model/generator.go). */
export function principalCondition(key: string, { facts, mesh, policy }: RuleContext): Condition {
  const { principal, isPrincipalHidden, sourceAddress, http } = facts;
  const peer = (matches: (id: string, value: string) => boolean): Condition => ({
    kind: "matches",
    side: "principal",
    matches: (value) => (isPrincipalHidden ? "unknown" : principal !== undefined && matches(principal, value)),
  });
  switch (key) {
    case "source.ip":
      return address("principal", sourceAddress);
    case "remote.ip":
      return address("principal", http?.headers["x-forwarded-for"] === undefined ? sourceAddress : undefined);
    case "source.namespace":
      return peer((id, value) => new RegExp(`^.*/ns/${globPattern(value)}/.*$`).test(id));
    case "source.trustDomain":
      return peer((id, value) => expandTrustDomains(value, mesh).some((each) => hasTrustDomain(id, each)));
    case "source.serviceAccount":
      return peer((id, value) => serviceAccountPattern(policy.metadata.namespace ?? "", value).test(id));
    case "source.principal":
      return peer((id, value) => withTrustDomainAliases(value, mesh).some((each) => matchPrincipal(each, id)));
    case "request.auth.principal":
    case "request.auth.audiences":
    case "request.auth.presenter":
      return claims(key, facts);
    default:
      return { kind: "invalid", side: "principal" };
  }
}

export function portCondition({ facts }: RuleContext): Condition {
  return { kind: "matches", side: "permission", matches: (value) => value === `${facts.destinationPort}` };
}

export function requestCondition(key: "path" | "method" | "host", { facts }: RuleContext): Condition {
  const side = "permission";
  const { http } = facts;
  if (facts.protocol === "tcp" || http === undefined) return { kind: "http only", side };
  switch (key) {
    case "path":
      return { kind: "matches", side, matches: (value) => matchPolicyPath(value, pathOnly(http.path)) };
    case "method":
      return { kind: "matches", side, matches: (value) => matchPolicyText(value, http.method) };
    case "host":
      return {
        kind: "matches",
        side,
        matches: (value) => matchPolicyText(value.toLowerCase(), http.authority.toLowerCase()),
      };
  }
}

/** https://istio.io/latest/docs/reference/config/security/conditions/ */
export function whenCondition(key: string, context: RuleContext): Condition {
  const { facts } = context;
  if (key === "destination.ip") return address("permission", facts.destinationAddress);
  if (key === "destination.port") return portCondition(context);
  if (key === "connection.sni") {
    return { kind: "matches", side: "permission", matches: (value) => matchPolicyText(value, facts.sni) };
  }
  if (key.startsWith("experimental.envoy.filters.")) {
    return { kind: "matches", side: "permission", matches: () => "unknown" };
  }
  if (key.startsWith("request.headers[")) return header(key.slice("request.headers[".length, -1), context);
  if (key.startsWith("request.auth.claims")) return claims(key, facts);
  return principalCondition(key, context);
}

function header(name: string, { facts: { http, protocol } }: RuleContext): Condition {
  const side = "principal";
  if (protocol === "tcp" || http === undefined) return { kind: "http only", side };
  const pseudo: Readonly<Record<string, string>> = {
    ":method": http.method,
    ":authority": http.authority,
    host: http.authority,
    ":path": http.path,
  };
  const value = pseudo[name.toLowerCase()] ?? http.headers[name.toLowerCase()];
  if (value === undefined) {
    return { kind: "matches", side, matches: () => (unknownHeaders.test(name.toLowerCase()) ? "unknown" : false) };
  }
  return { kind: "matches", side, matches: (pattern) => (pattern === "*" ? true : matchPolicyText(pattern, value)) };
}

/** A request without a token claims nothing. */
function claims(key: string, { protocol, http, claims: known }: RuleContext["facts"]): Condition {
  const side = "principal";
  if (protocol === "tcp" || http === undefined) return { kind: "http only", side };
  return { kind: "matches", side, matches: (value) => known !== undefined && matchesClaim(key, value, known) };
}

function address(side: Side, known: string | undefined): Condition {
  return {
    kind: "matches",
    side,
    matches: (range) => (known === undefined ? "unknown" : (isInRange(known, range) ?? "unknown")),
  };
}

/** Envoy's path matcher looks at neither query nor fragment. */
function pathOnly(path: string): string {
  return path.replace(/[?#].*$/, "");
}

function matchPrincipal(value: string, id: string): boolean {
  if (value === "*") return id !== "";
  if (value.startsWith("*")) return id.startsWith("spiffe://") && id.endsWith(value.slice(1));
  return matchPolicyText(`spiffe://${value}`, id);
}

function hasTrustDomain(id: string, value: string): boolean {
  if (value === "*") return id.startsWith("spiffe://");
  return new RegExp(`^spiffe://${globPattern(value, "[^/]*")}/`).test(id);
}

function globPattern(value: string, any = ".*"): string {
  return value.split("*").map(escapeRegExp).join(any);
}

function serviceAccountPattern(ownNamespace: string, value: string): RegExp {
  const slash = value.indexOf("/");
  const namespace = slash < 0 ? ownNamespace : value.slice(0, slash);
  const account = value.slice(slash + 1);
  return new RegExp(`^spiffe://.+/ns/${escapeRegExp(namespace)}/(.+/|)sa/${escapeRegExp(account)}(/.+)?$`);
}
