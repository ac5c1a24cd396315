import type { RequestAuthentication } from "../../kinds/index.ts";
import type { HttpPayload } from "../connection.ts";
import type { IstioCluster } from "../istioCluster.ts";
import type { Workload } from "../workload.ts";
import { policiesOf } from "./policiesOf.ts";
import { type TokenClaims, tokenPlaceholder } from "./tokenClaims.ts";

type JwtRule = NonNullable<RequestAuthentication["spec"]["jwtRules"]>[number] & {
  /** Newer than the types. */
  readonly spaceDelimitedClaims?: readonly string[];
};

export type Authentication =
  /** `claims` of the token that was found good; absent: there is none. `payload` is the request as it goes on. */
  | { readonly kind: "passed"; readonly claims?: TokenClaims; readonly payload: HttpPayload }
  | {
      readonly kind: "refused";
      readonly status: 401 | 403;
      readonly policy: RequestAuthentication;
      readonly why: string;
    }
  /** There is a token that we don't know. */
  | { readonly kind: "unknown"; readonly policy: RequestAuthentication; readonly why: string };

interface Provider {
  readonly rule: JwtRule;
  readonly policy: RequestAuthentication;
}

type Finding = "missing" | "good" | "unknown" | Refusal;
interface Refusal {
  readonly status: 401 | 403;
  readonly why: string;
}

/**
 * What the RequestAuthentications of a workload say of a request. No token at all passes, a bad one does not; of several
 * issuers one good token is enough, and the first by name counts (pilot/pkg/security/authn/policy_applier.go,
 * newPolicyApplier, convertToEnvoyJwtConfig). A CORS preflight is not asked. A known token (`tokenPlaceholder`) is taken to be
 * signed by its issuer and not to have run out.
 */
export function authenticate(cluster: IstioCluster, workload: Workload, payload: HttpPayload): Authentication {
  if (isPreflight(payload)) return { kind: "passed", payload };
  const providers = policiesOf(cluster, "RequestAuthentication", workload)
    .flatMap((policy) => (policy.spec.jwtRules ?? []).map((rule): Provider => ({ rule, policy })))
    .sort((left, right) => compare(left.rule.issuer ?? "", right.rule.issuer ?? ""));
  const found = providers.map((provider) => ({ provider, finding: check(provider.rule, payload) }));
  const good = found.find(({ finding }) => finding === "good");
  if (good !== undefined) return accepted(good.provider.rule, payload);
  const unknown = found.find(({ finding }) => finding === "unknown");
  if (unknown !== undefined) {
    const why = `whether the token is one of ${unknown.provider.rule.issuer} cannot be told`;
    return { kind: "unknown", policy: unknown.provider.policy, why };
  }
  const refusals = found.flatMap(({ finding, provider }) =>
    typeof finding === "object" ? [{ kind: "refused", policy: provider.policy, ...finding } as const] : [],
  );
  // Envoy answers with what is wrong beside an issuer that it does not know (jwt_authn/verifier.cc, AnyVerifierImpl).
  return refusals.find(({ status }) => status === 403) ?? refusals[0] ?? { kind: "passed", payload };
}

/** bypass_cors_preflight. */
function isPreflight({ method, headers }: HttpPayload): boolean {
  const { origin = "", "access-control-request-method": wanted = "" } = headers;
  return method === "OPTIONS" && origin !== "" && wanted !== "";
}

function compare(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}

/** Without a location of its own a rule looks where Envoy's filter does by default. */
function tokensFor(
  { fromHeaders = [], fromParams = [], fromCookies = [] }: JwtRule,
  payload: HttpPayload,
): readonly string[] {
  const isDefault = fromHeaders.length + fromParams.length + fromCookies.length === 0;
  const headers = isDefault ? [{ name: "authorization", prefix: "Bearer " }] : fromHeaders;
  const parameters = isDefault ? ["access_token"] : fromParams;
  const inHeaders = headers.flatMap(({ name, prefix = "" }) => {
    const value = payload.headers[name.toLowerCase()];
    const at = value?.indexOf(prefix) ?? -1;
    return value === undefined || at < 0 ? [] : [value.slice(at + prefix.length)];
  });
  const query = (payload.path.split(/\?(.*)/s)[1] ?? "").split("&").map((pair) => pair.split(/=(.*)/s));
  const inQuery = query.flatMap(([name = "", value = ""]) => (parameters.includes(name) ? [value] : []));
  const cookies = (payload.headers.cookie ?? "").split(/;\s*/).map((pair) => pair.split(/=(.*)/s));
  const inCookies = cookies.flatMap(([name = "", value = ""]) => (fromCookies.includes(name) ? [value] : []));
  return [...inHeaders, ...inQuery, ...inCookies];
}

function check(rule: JwtRule, payload: HttpPayload): Finding {
  // All that are found must be good.
  const tokens = tokensFor(rule, payload);
  if (tokens.length === 0) return "missing";
  const { claims } = payload;
  if (claims === undefined || tokens.some((token) => token !== tokenPlaceholder)) return "unknown";
  const issuer = claims.iss?.[0] ?? "";
  if ((rule.issuer ?? "") !== "" && rule.issuer !== issuer) {
    return { status: 401, why: `the token is of ${issuer}, and ${rule.issuer} is asked for` };
  }
  const { audiences = [] } = rule;
  const isMeant = audiences.length === 0 || (claims.aud ?? []).some((each) => audiences.includes(each));
  return isMeant ? "good" : { status: 403, why: `the token is not for ${audiences.join(", ")}` };
}

/** The filter takes the token out of the request unless told otherwise, and may write claims into headers. */
function accepted(rule: JwtRule, payload: HttpPayload): Authentication {
  const { claims: written = {} } = payload;
  const claims = withLists(written, rule.spaceDelimitedClaims ?? []);
  const headers = rule.forwardOriginalToken === true ? { ...payload.headers } : withoutToken(rule, payload.headers);
  for (const { header, claim } of rule.outputClaimToHeaders ?? []) {
    const value = written[claim];
    if (value !== undefined) headers[header.toLowerCase()] = value.join(",");
  }
  return { kind: "passed", claims, payload: { ...payload, headers } };
}

/** policy_applier.go, buildSpaceDelimitedClaims: these are lists of words. */
function withLists(claims: TokenClaims, delimited: readonly string[]): TokenClaims {
  const names = new Set(["scope", "permission", ...delimited]);
  return Object.fromEntries(
    Object.entries(claims).map(([name, values]) => [
      name,
      names.has(name) ? values.flatMap((each) => each.split(" ")) : values,
    ]),
  );
}

function withoutToken({ fromHeaders = [] }: JwtRule, headers: HttpPayload["headers"]): Record<string, string> {
  const names = fromHeaders.length === 0 ? ["authorization"] : fromHeaders.map(({ name }) => name.toLowerCase());
  return Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => !names.includes(name) || !value.includes(tokenPlaceholder)),
  );
}
