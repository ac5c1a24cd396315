import { noBackend } from "../../istio/gatewayApi/index.ts";
import type { HeaderChanges, HttpMatch, HttpPayload, HttpRoute, Placed, WeightedTarget } from "../../istio/index.ts";
import { type RetryPolicy, retryPolicy } from "../../istio/upstream/index.ts";
import type { ClusterObject } from "../../kinds/index.ts";
import type { UpstreamTarget } from "../upstream/openUpstream.ts";
import { toRegExp } from "./stringMatch.ts";

/** What a chosen route does with a request: answers it itself, or sends it on to one of several destinations. */
export type RouteEffect =
  | {
      readonly kind: "answer";
      readonly share: number;
      readonly status: number;
      readonly how: "redirect" | "direct response";
    }
  | { readonly kind: "abort"; readonly share: number; readonly status: number }
  | {
      readonly kind: "forward";
      readonly share: number;
      readonly target: UpstreamTarget;
      readonly payload: HttpPayload;
      readonly retries: RetryPolicy | undefined;
      /** `spec.http[0].route[1]`. */
      readonly field: string;
    };

export interface RouteUse {
  readonly route: Placed<HttpRoute>;
  readonly match: HttpMatch | undefined;
  readonly payload: HttpPayload;
  readonly cluster: string;
  /** The port that a destination without one means: the host's only one, else that of the listener. */
  readonly defaultPort: (host: string) => number;
}

/** pilot/pkg/networking/core/route/route.go, TranslateRoute and applyHTTPRouteDestination. All shares add up to 1. */
export function applyHttpRoute({ route, match, payload, cluster, defaultPort }: RouteUse): readonly RouteEffect[] {
  const { value } = route;
  const aborted = abortedShare(value);
  const abort: readonly RouteEffect[] =
    aborted === 0 ? [] : [{ kind: "abort", share: aborted, status: value.fault?.abort?.httpStatus ?? 503 }];
  const rest = 1 - aborted;
  if (rest === 0) return abort;
  if (value.redirect !== undefined) {
    const status = value.redirect.redirectCode ?? 301;
    return [...abort, { kind: "answer", share: rest, status: status === 0 ? 301 : status, how: "redirect" }];
  }
  if (value.directResponse !== undefined) {
    return [...abort, { kind: "answer", share: rest, status: value.directResponse.status, how: "direct response" }];
  }
  const object: ClusterObject = { cluster, ...route.object };
  const rewritten = withRewrite(withHeaders(payload, value.headers?.request), value, match);
  const retries = retryPolicy(value.retries);
  const forwards = weighted(value.route ?? []).map(({ target, share, index }): RouteEffect => {
    const { host, subset, port } = target.destination;
    const field = `${route.field}.route[${index}]`;
    const authority = value.rewrite?.authority;
    const changed = withHeaders(rewritten, target.headers?.request);
    return {
      kind: "forward",
      share: share * rest,
      target: {
        host,
        port: port?.number ?? defaultPort(host),
        subset: subset === undefined || subset === "" ? undefined : subset,
        chosenBy: { object, field },
        ...(isOfGatewayApi(route) ? { missing: missingBackend(host) } : {}),
      },
      payload: authority === undefined || authority === "" ? changed : { ...changed, authority },
      retries,
      field,
    };
  });
  return [...abort, ...forwards];
}

/** route.go: such a route answers with 500 where its backend is not there, and by itself where it names none. */
function missingBackend(host: string): NonNullable<UpstreamTarget["missing"]> {
  return host === noBackend ? { status: 500 } : { status: 500, responseFlag: "NC" };
}

function isOfGatewayApi({ object }: Placed<HttpRoute>): boolean {
  return object.kind !== "VirtualService";
}

function abortedShare({ fault }: HttpRoute): number {
  const abort = fault?.abort;
  if (abort === undefined) return 0;
  return (abort.percentage === undefined ? 100 : (abort.percentage.value ?? 0)) / 100;
}

function weighted(
  route: readonly WeightedTarget[],
): readonly { readonly target: WeightedTarget; readonly share: number; readonly index: number }[] {
  const [only] = route;
  // A single destination gets all, whatever its weight says.
  if (route.length === 1 && only !== undefined) return [{ target: only, share: 1, index: 0 }];
  const total = route.reduce((sum, { weight = 0 }) => sum + weight, 0);
  return route.flatMap((target, index) => {
    const { weight = 0 } = target;
    return weight === 0 ? [] : [{ target, share: weight / total, index }];
  });
}

function withHeaders(payload: HttpPayload, changes: HeaderChanges | undefined): HttpPayload {
  if (changes === undefined) return payload;
  const headers: Record<string, string> = { ...payload.headers };
  let { authority } = payload;
  const lower = (map: Readonly<Record<string, string>> = {}) =>
    Object.entries(map).map(([name, value]) => [name.toLowerCase(), value] as const);
  for (const [name, value] of lower(changes.add)) {
    if (isAuthority(name)) authority = value;
    else headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  for (const [name, value] of lower(changes.set)) {
    if (isAuthority(name)) authority = value;
    else headers[name] = value;
  }
  for (const name of changes.remove ?? []) delete headers[name.toLowerCase()];
  return { ...payload, authority, headers };
}

function isAuthority(name: string): boolean {
  return name === ":authority" || name === "host";
}

function withRewrite(payload: HttpPayload, route: HttpRoute, match: HttpMatch | undefined): HttpPayload {
  const [path = "", ...query] = payload.path.split("?");
  const tail = query.length === 0 ? "" : `?${query.join("?")}`;
  return { ...payload, path: rewrittenPath(path, route, match) + tail };
}

/** Envoy's prefix_rewrite takes the place of what the route matched: a prefix, or the whole path. */
export function rewrittenPath(path: string, { rewrite }: HttpRoute, match: HttpMatch | undefined): string {
  const { match: pattern = "", rewrite: replacement = "" } = rewrite?.uriRegexRewrite ?? {};
  if (pattern !== "") {
    const regex = toRegExp(pattern);
    // It replaces each occurrence, not only the whole; `\1` is a group.
    const anywhere = regex === undefined ? undefined : new RegExp(regex.source.slice(4, -2), `g${regex.flags}`);
    const written = replacement.replace(/\$/g, "$$$$").replace(/\\(\d)/g, "$$$1");
    return anywhere === undefined ? path : path.replace(anywhere, written);
  }
  if (rewrite?.uri === undefined || rewrite.uri === "") return path;
  const matched = match?.uri;
  const length =
    matched?.exact !== undefined || matched?.regex !== undefined ? path.length : (matched?.prefix ?? "/").length;
  const rest = path.slice(length);
  // The Gateway API's `/` takes the prefix away.
  if (matched?.isOfSegments && rewrite.uri === "/") return `/${rest.replace(/^\//, "")}`;
  return rewrite.uri + rest;
}
