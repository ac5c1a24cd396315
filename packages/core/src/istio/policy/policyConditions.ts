import { callerCondition } from "./callerConditions.ts";
import type { RuleContext } from "./connectionFacts.ts";
import { isInRange, isRange } from "./ipRange.ts";
import { matchPolicyPath, matchPolicyText } from "./matchPolicyText.ts";
import { isClaimKey, matchesClaim } from "./tokenCondition.ts";
import type { Truth } from "./truth.ts";

/** `unusable`: istiod cannot make this value into anything: it is of HTTP on a TCP chain, or no port, range or header name. */
export type ValueMatch = Truth | "unusable";

/** What a key of a rule compares its values with. Envoy's RBAC has two lists, which a rule's `when` is divided among. */
export interface Condition {
  readonly side: "principal" | "permission";
  readonly matches: (value: string) => ValueMatch;
}

/** Set by curl, Envoy or an app's library, and unknown to us. */
const unknownHeaders =
  /^(x-(request-id|forwarded|envoy|b3|istio|client-trace|ot-)|:scheme$|user-agent$|accept|content-|connection$|te$|trace|baggage$|grpc-)/;

/** Fields of `from`, by the keys that `when` has for them (pilot/pkg/security/authz/model/generator.go). */
export function principalCondition(key: string, context: RuleContext): Condition | undefined {
  const { facts } = context;
  const side = "principal";
  switch (key) {
    case "source.ip":
      return { side, matches: (range) => inRange(facts.sourceAddress, range) };
    case "remote.ip":
      return { side, matches: (range) => inRange(remoteAddress(context), range) };
    case "request.auth.principal":
    case "request.auth.audiences":
    case "request.auth.presenter":
      return claims(key, facts);
    default: {
      const matches = callerCondition(key, context);
      return matches === undefined ? undefined : { side, matches };
    }
  }
}

export function portCondition({ facts: { destinationPort } }: RuleContext): Condition {
  return {
    side: "permission",
    matches: (value) => {
      if (!/^\d{1,10}$/.test(value) || Number(value) > 65535) return "unusable";
      return destinationPort === undefined ? "unknown" : Number(value) === destinationPort;
    },
  };
}

export function requestCondition(
  key: "path" | "method" | "host",
  { facts: { protocol, http } }: RuleContext,
): Condition {
  const side = "permission";
  if (protocol === "tcp" || http === undefined) return { side, matches: () => "unusable" };
  if (http === "any") return { side, matches: (value) => isOfEveryRequest(key, value) || "unknown" };
  switch (key) {
    case "path":
      return { side, matches: (value) => matchPolicyPath(value, pathOnly(http.path)) };
    case "method":
      return { side, matches: (value) => matchPolicyText(value, http.method) };
    case "host":
      return { side, matches: (value) => matchPolicyText(value.toLowerCase(), http.authority.toLowerCase()) };
  }
}

function isOfEveryRequest(key: "path" | "method" | "host", value: string): boolean {
  return value === "*" || (key === "path" && (value === "/*" || value === "/{**}"));
}

/**
 * Undefined for a key that istiod does not know: it skips the rule (model.go, New).
 * https://istio.io/latest/docs/reference/config/security/conditions/
 */
export function whenCondition(key: string, context: RuleContext): Condition | undefined {
  const { facts } = context;
  const side = "permission";
  if (key === "destination.ip") return { side, matches: (range) => inRange(facts.destinationAddress, range) };
  if (key === "destination.port") return portCondition(context);
  if (key === "connection.sni") return { side, matches: (value) => matchPolicyText(value, facts.sni) };
  if (key.startsWith("experimental.envoy.filters.")) {
    return { side, matches: () => (key.includes("[") ? "unknown" : "unusable") };
  }
  if (key.startsWith("request.headers")) return header(key.slice("request.headers".length), context);
  if (key.startsWith("request.auth.claims")) return claims(key, facts);
  return principalCondition(key, context);
}

function header(bracketed: string, { facts: { http, protocol } }: RuleContext): Condition {
  const side = "principal";
  const [, name] = /^\[(.*)\]$/.exec(bracketed.toLowerCase()) ?? [];
  if (protocol === "tcp" || http === undefined || name === undefined) return { side, matches: () => "unusable" };
  if (http === "any") return { side, matches: () => "unknown" };
  const pseudo: Readonly<Record<string, string>> = {
    ":method": http.method,
    ":authority": http.authority,
    host: http.authority,
    ":path": http.path,
  };
  const value = pseudo[name] ?? http.headers[name];
  if (value === undefined) return { side, matches: () => (unknownHeaders.test(name) ? "unknown" : false) };
  // HeaderMatcher: "*" asks for the header alone, which may be empty.
  return { side, matches: (pattern) => pattern === "*" || matchPolicyText(pattern, value) };
}

/** A request without a token claims nothing. */
function claims(key: string, { protocol, http, claims: known }: RuleContext["facts"]): Condition {
  const side = "principal";
  if (protocol === "tcp" || http === undefined || !isClaimKey(key)) return { side, matches: () => "unusable" };
  if (http === "any") return { side, matches: () => "unknown" };
  return { side, matches: (value) => known !== undefined && matchesClaim(key, value, known) };
}

/**
 * Where a request came from at first. A sidecar believes the last address of X-Forwarded-For, which gateways add to
 * (Envoy's use_remote_address is off: pilot/pkg/features, UseRemoteAddress); a gateway believes no more than it is told to.
 */
function remoteAddress({ facts: { http, sourceAddress }, workload }: RuleContext): string | undefined {
  const forwarded = typeof http === "object" ? http.headers["x-forwarded-for"] : undefined;
  if (forwarded === undefined) return http === "any" ? undefined : sourceAddress;
  if (sourceAddress === undefined || workload.proxy === "gateway") return undefined;
  const last = forwarded.split(",").at(-1)?.trim() ?? "";
  return isRange(last) && !last.includes("/") ? last : sourceAddress;
}

function inRange(known: string | undefined, range: string): ValueMatch {
  if (!isRange(range)) return "unusable";
  return known === undefined ? "unknown" : (isInRange(known, range) ?? "unusable");
}

/** Envoy's path matcher looks at neither query nor fragment. */
function pathOnly(path: string): string {
  return path.replace(/[?#].*$/s, "");
}
