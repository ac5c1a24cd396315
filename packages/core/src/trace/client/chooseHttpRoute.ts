import {
  type HttpMatch,
  type HttpPayload,
  type HttpRoute,
  type MeshVirtualService,
  matchTold,
  type Placed,
  type RoutingProxy,
  type StringMatch,
  whyUntold,
} from "../../istio/index.ts";
import { routingClaim, type TokenClaims } from "../../istio/policy/index.ts";
import { every, isPresence, type Matched, matchesString } from "./stringMatch.ts";

/** The proxy that routes, and what it listens on. */
export interface RouteContext {
  readonly proxy: RoutingProxy;
  readonly port: number;
  /** `mesh` for a sidecar, else `namespace/name` of the Gateways. */
  readonly gateways: ReadonlySet<string>;
  /** As the proxy sees it: `https` where it has taken TLS off. */
  readonly scheme: "http" | "https";
  /**
   * Of a token that the proxy has found good. A sidecar chooses its route before it looks at tokens, a gateway once more
   * afterwards (pilot/pkg/networking/plugin/authn/authentication.go, JwtFilter's clearRouteCache).
   */
  readonly claims?: TokenClaims;
}

export type RouteChoice =
  | { readonly kind: "chosen"; readonly route: Placed<HttpRoute>; readonly match: HttpMatch | undefined }
  /** There are routes, and none matches the request: 404. */
  | { readonly kind: "none" }
  /** No route of it is for this proxy and port: it is as if the VirtualService were not there. */
  | { readonly kind: "absent" }
  | { readonly kind: "unknown"; readonly why: string };

/**
 * The first route that matches, in order. What holds for a proxy as a whole (port, gateway, source) is decided by istiod, the
 * rest for each request by Envoy (pilot/pkg/networking/core/route/route.go, BuildHTTPRoutesForVirtualService).
 */
export function chooseHttpRoute(
  { http }: Pick<MeshVirtualService, "http">,
  payload: HttpPayload,
  context: RouteContext,
): RouteChoice {
  let isAbsent = true;
  for (const route of http) {
    const matches = route.value.match ?? [];
    const candidates: readonly (HttpMatch | undefined)[] = matches.length === 0 ? [undefined] : matches;
    for (const match of candidates) {
      const holds = match === undefined || holdsForProxy(match, context);
      if (holds === false) continue;
      isAbsent = false;
      if (holds === undefined) {
        const { namespace, name } = route.object;
        const why = whyUntold(match?.sourceLabels ?? {}, context.proxy);
        return {
          kind: "unknown",
          why: `whether ${namespace}/${name} ${route.field}.match holds cannot be told (${why})`,
        };
      }
      const found = match === undefined ? true : holdsForRequest(match, payload, context);
      if (found === undefined) {
        return {
          kind: "unknown",
          why: `${route.object.namespace}/${route.object.name} ${route.field}.match cannot be told`,
        };
      }
      if (found && route.value.unfollowed !== undefined) return { kind: "unknown", why: route.value.unfollowed };
      if (found) return { kind: "chosen", route, match };
    }
  }
  return isAbsent ? { kind: "absent" } : { kind: "none" };
}

/** Each route that is for the proxy at all, whatever the request is. */
export function routesForProxy({ http }: Pick<MeshVirtualService, "http">, context: RouteContext) {
  return http.flatMap((route): readonly Pick<Extract<RouteChoice, { kind: "chosen" }>, "route" | "match">[] => {
    const matches = route.value.match ?? [];
    const match = matches.find((each) => holdsForProxy(each, context));
    return matches.length > 0 && match === undefined ? [] : [{ route, match }];
  });
}

/** sourceMatchHTTP: where gateways are named, labels and namespace do not count. */
function holdsForProxy(match: HttpMatch, { proxy, port, gateways }: RouteContext): Matched {
  if (match.port !== undefined && match.port !== 0 && match.port !== port) return false;
  const named = match.gateways ?? [];
  if (named.length > 0) return named.some((gateway) => gateways.has(gateway));
  const fromHere =
    match.sourceNamespace === undefined || match.sourceNamespace === "" || match.sourceNamespace === proxy.namespace;
  return fromHere && matchTold(match.sourceLabels ?? {}, proxy);
}

function holdsForRequest(match: HttpMatch, payload: HttpPayload, { scheme, claims = {} }: RouteContext): Matched {
  const [path = "", query = ""] = payload.path.split(/\?(.*)/s);
  const headers = Object.entries(match.headers ?? {}).map(([name, value]) => named(name, value, { payload, claims }));
  const without = Object.entries(match.withoutHeaders ?? {}).map(([name, value]) => {
    const found = named(name, value, { payload, claims, missing: "" });
    return found === undefined ? undefined : !found;
  });
  const parameters = new Map(query === "" ? [] : query.split("&").map((pair) => splitPair(pair)));
  const queries = Object.entries(match.queryParams ?? {}).map(([name, value]) => {
    const given = parameters.get(name);
    if (given === undefined) return false;
    return isPresence(value) || matchesString(value, given);
  });
  return every([
    match.uri === undefined ? true : matchesString(match.uri, path, match.ignoreUriCase === true),
    match.method === undefined ? true : matchesString(match.method, payload.method),
    match.authority === undefined ? true : matchesString(match.authority, payload.authority),
    match.scheme === undefined ? true : matchesString(match.scheme, scheme),
    ...headers,
    ...without,
    ...queries,
  ]);
}

function splitPair(pair: string): readonly [string, string] {
  const [name = "", ...value] = pair.split("=");
  return [name, value.join("=")];
}

interface NamedValues {
  readonly payload: HttpPayload;
  readonly claims: TokenClaims;
  /** In place of a header that is not there, where a match is not for its presence. */
  readonly missing?: string;
}

/** What stands among a match's headers: one of them, or a token's claim. */
function named(name: string, match: StringMatch, { payload, claims, missing }: NamedValues): Matched {
  const claim = routingClaim(name);
  if (claim !== undefined) return claimMatches(match, claims[claim]);
  const value = payload.headers[name.toLowerCase()] ?? (isPresence(match) ? undefined : missing);
  if (value === undefined) return false;
  return isPresence(match) || matchesString(match, value);
}

/** A text, or one of a list's (pilot/pkg/security/authz/matcher/metadata.go, MetadataListValueMatcher). */
export function claimMatches(match: StringMatch, values: readonly string[] = []): Matched {
  const found = values.map((value) => matchesString(match, value));
  if (found.includes(true)) return true;
  return found.includes(undefined) ? undefined : false;
}
