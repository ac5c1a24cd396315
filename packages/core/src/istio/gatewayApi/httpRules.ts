import type {
  HttpRoute as ApiHttpRoute,
  GrpcRoute,
  HttpRouteFilter,
  HttpRouteMatch,
  HttpRouteRule,
} from "../../kinds/index.ts";
import type { HttpMatch, HttpRoute, Placed, StringMatch } from "../httpRoute.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { apiTargets, headerChanges } from "./apiTargets.ts";

interface Binding {
  readonly isMesh: boolean;
  /** Of the Service, where the reference names one. */
  readonly port: number | undefined;
}

/** The rules of an HTTPRoute, one for each match (pilot/pkg/config/kube/gateway/conversion.go, convertHTTPRoute). */
export function httpRules(
  cluster: IstioCluster,
  route: ApiHttpRoute | GrpcRoute,
  binding: Binding,
): readonly Placed<HttpRoute>[] {
  const { kind, metadata } = route;
  const object = { kind, namespace: metadata.namespace ?? "default", name: metadata.name };
  if (route.kind === "GRPCRoute") {
    const unfollowed = `GRPCRoute ${object.namespace}/${object.name} is not followed`;
    return [{ value: { unfollowed, match: withPort([], binding) }, object, field: "spec.rules" }];
  }
  return (route.spec?.rules ?? []).flatMap((rule, index) => {
    const field = `spec.rules[${index}]`;
    const matches = rule.matches === undefined || rule.matches.length === 0 ? [undefined] : rule.matches;
    return matches.map((match): Placed<HttpRoute> => {
      const own = match === undefined ? [] : [matchOf(match)];
      return { value: { ...ruleOf(cluster, route, { rule, binding }), match: withPort(own, binding) }, object, field };
    });
  });
}

function withPort(matches: readonly HttpMatch[], { port }: Binding): readonly HttpMatch[] {
  if (port === undefined) return matches;
  return matches.length === 0 ? [{ port }] : matches.map((match) => ({ ...match, port }));
}

function matchOf({ path, method, headers = [], queryParams = [] }: HttpRouteMatch): HttpMatch {
  const values = (list: NonNullable<HttpRouteMatch["headers"]>) =>
    Object.fromEntries(
      list.map(({ name, type, value }) => [name, type === "RegularExpression" ? { regex: value } : { exact: value }]),
    );
  return {
    uri: uriOf(path),
    ...(method === undefined ? {} : { method: { exact: method } }),
    ...(headers.length === 0 ? {} : { headers: values(headers) }),
    ...(queryParams.length === 0 ? {} : { queryParams: values(queryParams) }),
  };
}

/** A prefix is one of whole segments (route.go, PathSeparatedPrefix). */
function uriOf({ type = "PathPrefix", value = "/" }: NonNullable<HttpRouteMatch["path"]> = {}): StringMatch {
  if (type === "Exact") return { exact: value };
  if (type === "RegularExpression") return { regex: value };
  return { prefix: value === "/" ? value : value.replace(/\/$/, ""), isOfSegments: true };
}

/** Where a rule without backends leads to. */
export const noBackend = "no backend";

/** Filters that change nothing of where a request goes. */
const without = ["ResponseHeaderModifier", "RequestMirror", "CORS"];
const followed = ["RequestHeaderModifier", "RequestRedirect", "URLRewrite"];

function ruleOf(
  cluster: IstioCluster,
  route: ApiHttpRoute,
  { rule, binding }: { readonly rule: HttpRouteRule; readonly binding: Binding },
): HttpRoute {
  const { filters = [], backendRefs = [], retry, timeouts = {} } = rule;
  const strange = [...filters, ...backendRefs.flatMap((ref) => ref.filters ?? [])].find(
    ({ type }) => !without.includes(type) && !followed.includes(type),
  );
  if (strange !== undefined) return { unfollowed: `filter ${strange.type} of an HTTPRoute is not followed` };
  const headers = headerChanges(filters);
  const common = {
    ...(headers === undefined ? {} : { headers: { request: headers } }),
    ...(retry === undefined ? {} : { retries: { attempts: retry.attempts ?? 2 } }),
    ...timeoutOf(timeouts, retry !== undefined),
  };
  const redirect = filters.find(({ type }) => type === "RequestRedirect")?.requestRedirect;
  if (redirect !== undefined) return { ...common, redirect: { redirectCode: redirect.statusCode ?? 302 } };
  const found = apiTargets(cluster, route, { refs: backendRefs, isMesh: binding.isMesh });
  const targets = found.length === 0 ? [{ destination: { host: noBackend } }] : found;
  const rewrite = rewriteOf(filters.find(({ type }) => type === "URLRewrite")?.urlRewrite);
  return { ...common, route: targets, ...(rewrite === undefined ? {} : { rewrite }) };
}

/** conversion.go: a backendRequest is the time of each try where there are several, and else of the whole. */
function timeoutOf(
  { request, backendRequest }: NonNullable<HttpRouteRule["timeouts"]>,
  isRetried: boolean,
): Pick<HttpRoute, "timeout"> {
  const timeout = request ?? (isRetried ? undefined : backendRequest);
  return timeout === undefined ? {} : { timeout };
}

function rewriteOf(filter: HttpRouteFilter["urlRewrite"]): HttpRoute["rewrite"] {
  if (filter === undefined) return undefined;
  const { path, hostname } = filter;
  const full = path?.type === "ReplaceFullPath" ? path.replaceFullPath : undefined;
  const prefix = path?.type === "ReplacePrefixMatch" ? path.replacePrefixMatch?.replace(/\/$/, "") : undefined;
  return {
    ...(hostname === undefined ? {} : { authority: hostname }),
    ...(full === undefined ? {} : { uriRegexRewrite: { match: "/.*", rewrite: full } }),
    ...(prefix === undefined ? {} : { uri: prefix === "" ? "/" : prefix }),
  };
}

/** Exact paths before prefixes before regular expressions, longer ones before shorter ones, more conditions before fewer. */
export function sortHttpRoutes(routes: readonly Placed<HttpRoute>[]): readonly Placed<HttpRoute>[] {
  return [...routes].sort((left, right) => {
    const [one, other] = [rankOf(left), rankOf(right)];
    const at = one.findIndex((each, index) => each !== other[index]);
    return at < 0 ? 0 : (other[at] ?? 0) - (one[at] ?? 0);
  });
}

function rankOf({ value: { match = [] } }: Placed<HttpRoute>): readonly number[] {
  const [first] = match;
  if (first === undefined) return [-1];
  const { uri, method, headers = {}, queryParams = {} } = first;
  const text = uri?.exact ?? uri?.prefix ?? uri?.regex ?? "";
  const kind = uri?.exact !== undefined ? 3 : uri?.prefix !== undefined ? 2 : uri?.regex !== undefined ? 1 : 0;
  const count = (map: object) => Object.keys(map).length;
  return [kind, text.length, method === undefined ? 0 : 1, count(headers), count(queryParams)];
}
