import type { HttpRoute, StringMatch } from "../istio/index.ts";
import {
  claimAsked,
  matchesClaim,
  policyTextRegex,
  routingClaim,
  type TokenClaims,
  tokenPlaceholder,
} from "../istio/policy/index.ts";
import type { AuthorizationPolicy, RequestAuthentication } from "../kinds/index.ts";
import { claimMatches, regexOfString, type TraceWorld } from "../trace/index.ts";
import type { Axis, RequestParts } from "./requestClasses.ts";
import { type ValueClass, valueClasses } from "./requestDimension.ts";

export interface AskedOfTokens {
  readonly authentications: readonly RequestAuthentication[];
  readonly policies: readonly AuthorizationPolicy[];
  readonly routes: readonly HttpRoute[];
}

/** Something that is asked of a token as a whole. */
interface TokenQuestion {
  readonly matches: (claims: TokenClaims) => boolean | undefined;
  /** Of each claim that it is about a regular expression of the texts that it asks for. */
  readonly texts: readonly { readonly claim: string; readonly regex: string; readonly label: string }[];
}

interface Token {
  readonly label: string;
  readonly claims: TokenClaims;
}

export interface TokenAxis {
  readonly axis: Axis;
  readonly untold: readonly string[];
}

/** Tokens are tried up to so many. */
const mostTokens = 2000;

/** Tokens that policies and routes tell apart, and one that nobody accepts; undefined where none is looked at. */
export function tokenAxis(world: TraceWorld, asked: AskedOfTokens): TokenAxis | undefined {
  const rules = asked.authentications.flatMap(({ spec }) => spec.jwtRules ?? []);
  if (rules.length === 0) return undefined;
  const questions = questionsOf(asked);
  const untold = new Set<string>();
  const ofClaim = (claim: string, rest: string): readonly ValueClass[] => {
    const texts = questions.flatMap((each) => each.texts.filter((text) => text.claim === claim));
    const values = { usual: ["~"], domain: "[!-~]+", rest };
    const apart = texts.map(({ regex, label }) => ({ regex, label, ignoreCase: false, matches: wholeMatch(regex) }));
    const found = valueClasses(world, apart, values);
    for (const why of found.untold) untold.add(`token, claim ${claim}: ${why}`);
    return found.classes;
  };
  const accepts = (issuer: string) => rules.some((rule) => (rule.issuer ?? "") === "" || rule.issuer === issuer);
  const issuers = ofClaim("iss", "another issuer");
  const subjects = [...ofClaim("sub", ""), { value: undefined, label: "nobody", matched: [] }];
  const names = [...new Set(questions.flatMap(({ texts }) => texts.map(({ claim }) => claim)))];
  const others = names.filter((claim) => claim !== "iss" && claim !== "sub").sort();
  let tokens: readonly Token[] = issuers.flatMap(({ value: issuer = "", label }) => {
    if (!accepts(issuer)) return [{ label: `with a token of ${label}`, claims: { iss: [issuer], sub: ["~"] } }];
    return subjects.map(({ value, label: subject }) => ({
      label: `with a token of ${issuer === "~" ? label : issuer}${subject === "" ? "" : `/${subject}`}`,
      claims: { iss: [issuer], ...(value === undefined ? {} : { sub: [value] }) },
    }));
  });
  tokens = apart(tokens, questions, accepts);
  for (const claim of others) {
    const values = ofClaim(claim, "another");
    const lists = claim === "azp" ? values.map((each) => [each]) : listsOf(values);
    tokens = apart(
      tokens.flatMap((token) => [
        token,
        ...(accepts(token.claims.iss?.[0] ?? "") ? lists : []).map((list) => withClaim(token, claim, list)),
      ]),
      questions,
      accepts,
    );
    if (tokens.length > mostTokens) {
      tokens = tokens.slice(0, mostTokens);
      untold.add("token: so many claims are asked for that not each combination was followed");
    }
  }
  const places = placesOf(rules);
  const choices = tokens.flatMap(({ label, claims }) =>
    places.map((place) => ({
      label: places.length === 1 ? label : `${label} in ${place.label}`,
      apply: (parts: RequestParts): RequestParts => ({ ...place.apply(parts), claims }),
    })),
  );
  const without = { label: "without a token", apply: (parts: RequestParts) => parts };
  return { axis: { noun: "token", choices: [without, ...choices] }, untold: [...untold] };
}

function wholeMatch(regex: string): (value: string | undefined) => boolean | undefined {
  try {
    const whole = new RegExp(`^(?:${regex})$`, "s");
    return (value) => value !== undefined && whole.test(value);
  } catch {
    return () => undefined;
  }
}

/** The first of those of which all questions say the same. What is said of a token that nobody accepts is nothing to anybody. */
function apart(
  tokens: readonly Token[],
  questions: readonly TokenQuestion[],
  accepts: (issuer: string) => boolean,
): readonly Token[] {
  const found = new Map<string, Token>();
  for (const token of tokens) {
    const isAccepted = accepts(token.claims.iss?.[0] ?? "");
    const key = isAccepted ? questions.map(({ matches }) => `${matches(token.claims)}`).join(" ") : "";
    if (!found.has(key)) found.set(key, token);
  }
  return [...found.values()];
}

/** Of a claim that is a list any of its values counts: lists for each combination that several values have of what is asked. */
function listsOf(values: readonly ValueClass[]): readonly (readonly ValueClass[])[] {
  const found = new Map<string, readonly ValueClass[]>();
  const keyOf = (list: readonly ValueClass[]) => [...new Set(list.flatMap(({ matched }) => matched))].sort().join(" ");
  const add = (list: readonly ValueClass[]) => {
    const key = keyOf(list);
    if (!found.has(key) && found.size < mostLists) found.set(key, list);
  };
  for (const each of values) add([each]);
  // A map may grow while it is gone through.
  for (const [, list] of found) for (const each of values) add([...list, each]);
  return [...found.values()];
}

const mostLists = 64;

function withClaim({ label, claims }: Token, claim: string, list: readonly ValueClass[]): Token {
  const words = `${claim} is ${list.map((each) => each.label).join(" and ")}`;
  return {
    label: label.includes(" whose ") ? `${label} and ${words}` : `${label} whose ${words}`,
    claims: { ...claims, [claim]: list.map(({ value = "" }) => value) },
  };
}

function questionsOf({ authentications, policies, routes }: AskedOfTokens): readonly TokenQuestion[] {
  const found: TokenQuestion[] = [];
  for (const { issuer = "", audiences = [] } of authentications.flatMap(({ spec }) => spec.jwtRules ?? [])) {
    if (issuer !== "") found.push(ofRoute("iss", { exact: issuer }));
    for (const each of audiences) found.push(ofRoute("aud", { exact: each }));
  }
  for (const { spec } of policies) {
    for (const { from = [], when = [] } of spec.rules ?? []) {
      for (const { source } of from) {
        const principals = [...(source?.requestPrincipals ?? []), ...(source?.notRequestPrincipals ?? [])];
        found.push(...principals.map((each) => ofPolicy("request.auth.principal", each)));
      }
      for (const { key, values = [], notValues = [] } of when) {
        if (key.startsWith("request.auth."))
          found.push(...[...values, ...notValues].map((each) => ofPolicy(key, each)));
      }
    }
  }
  for (const { headers = {}, withoutHeaders = {} } of routes.flatMap(({ match = [] }) => match)) {
    for (const [name, match] of [...Object.entries(headers), ...Object.entries(withoutHeaders)]) {
      const claim = routingClaim(name);
      if (claim !== undefined) found.push(ofRoute(claim, match));
    }
  }
  return found;
}

function ofRoute(claim: string, match: StringMatch): TokenQuestion {
  const label = match.exact ?? (match.prefix === undefined ? `~${match.regex}` : `${match.prefix}*`);
  return {
    matches: (claims) => claimMatches(match, claims[claim]),
    texts: [{ claim, regex: regexOfString(match), label }],
  };
}

function ofPolicy(key: string, value: string): TokenQuestion {
  const matches = (claims: TokenClaims) => matchesClaim(key, value, claims);
  if (key !== "request.auth.principal")
    return { matches, texts: [{ claim: claimAsked(key), regex: policyTextRegex(value), label: value }] };
  // Issuer and subject are asked for by parts of it, whichever way it is read.
  const slash = value.lastIndexOf("/");
  const parts = slash < 0 ? [value, value] : [value.slice(0, slash), value.slice(slash + 1)];
  return {
    matches,
    texts: ["iss", "sub"].map((claim, index) => {
      const label = parts[index] ?? "";
      return { claim, regex: policyTextRegex(label), label };
    }),
  };
}

interface TokenPlace {
  readonly label: string;
  readonly apply: (parts: RequestParts) => RequestParts;
}

/** Where rules look for a token; those without a place of their own in `authorization`, as a trace has it. */
function placesOf(
  rules: readonly NonNullable<RequestAuthentication["spec"]["jwtRules"]>[number][],
): readonly TokenPlace[] {
  const found = new Map<string, TokenPlace>();
  const add = (label: string, apply: TokenPlace["apply"]) => {
    if (!found.has(label)) found.set(label, { label, apply });
  };
  const inHeader = (name: string, value: string) =>
    add(`header ${name}`, (parts) => ({ ...parts, headers: { ...parts.headers, [name]: value } }));
  for (const { fromHeaders = [], fromParams = [], fromCookies = [] } of rules) {
    if (fromHeaders.length + fromParams.length + fromCookies.length === 0)
      add("header authorization", (parts) => parts);
    for (const { name, prefix = "" } of fromHeaders) inHeader(name.toLowerCase(), `${prefix}${tokenPlaceholder}`);
    for (const name of fromParams) {
      add(`parameter ${name}`, ({ path, ...parts }) => ({
        ...parts,
        path: `${path}${path.includes("?") ? "&" : "?"}${name}=${tokenPlaceholder}`,
      }));
    }
    for (const name of fromCookies) inHeader("cookie", `${name}=${tokenPlaceholder}`);
  }
  return [...found.values()];
}

/** Where a gateway asks clients for a certificate. */
export const certificateAxis: Axis = {
  noun: "certificate",
  choices: [
    { label: "without a certificate", apply: (parts) => parts },
    {
      label: "with a certificate",
      apply: (parts) => ({ ...parts, clientCertificate: { subjectAltNames: ["client.example.com"] } }),
    },
  ],
};
