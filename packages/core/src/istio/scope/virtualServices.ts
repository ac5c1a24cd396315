import type { VirtualService } from "../../kinds/index.ts";
import { kept, keptBy } from "../found.ts";
import { apiRoutes } from "../gatewayApi/apiRoutes.ts";
import { fullHost } from "../hostNames.ts";
import type { HttpMatch, HttpRoute, L4Route, Placed, StringMatch, WeightedTarget } from "../httpRoute.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { type MeshVirtualService, meshGateway } from "../meshVirtualService.ts";
import { exportedTo, isPublic, isVisible } from "../visibility.ts";

/**
 * Those that a namespace's proxies see on a gateway (`mesh` for sidecars), in the order in which they count: the
 * namespace's private ones, those exported to it, the public ones, each by age (pilot/pkg/model/virtualservice.go,
 * SelectVirtualServices; push_context.go, VirtualServicesForGateway).
 */
export function virtualServicesFor(
  cluster: IstioCluster,
  namespace: string,
  gateway: string,
): readonly MeshVirtualService[] {
  return servicesFor(cluster, [namespace, gateway]);
}

const servicesFor = keptBy((cluster, [namespace, gateway]: readonly [namespace: string, gateway: string]) => {
  const shown = virtualServicesOf(cluster, gateway).filter((each) => isVisible(each, namespace));
  const ofOthers = shown.filter((each) => !isPublic(each));
  return [
    ...ofOthers.filter((each) => each.namespace === namespace),
    ...ofOthers.filter((each) => each.namespace !== namespace),
    ...shown.filter(isPublic),
  ];
});

/** All of a gateway, whoever sees them. */
export function virtualServicesOf(cluster: IstioCluster, gateway: string): readonly MeshVirtualService[] {
  return mergedVirtualServices(cluster).filter(({ gateways }) => gateways.includes(gateway));
}

/** All of a cluster, with what its Gateway API routes are converted to. */
export const mergedVirtualServices = kept((cluster: IstioCluster): readonly MeshVirtualService[] => {
  const all = cluster.all("VirtualService").map((object) => resolved(cluster, object));
  const byName = new Map(all.map((each) => [`${each.namespace}/${each.name}`, each]));
  // What has no host is a delegate, of use to its roots only.
  const own = all.filter(({ hosts }) => hosts.length > 0).map((root) => withDelegates(root, byName));
  const converted = apiRoutes(cluster);
  return converted.length === 0
    ? own
    : [...own, ...converted].sort((left, right) =>
        left.created < right.created ? -1 : left.created > right.created ? 1 : 0,
      );
});

function resolved(cluster: IstioCluster, { metadata, spec }: VirtualService): MeshVirtualService {
  const { name, namespace = "default" } = metadata;
  const exportTo = exportedTo(spec.exportTo, cluster.settings.defaultVirtualServiceExportTo);
  const gateways = spec.gateways === undefined || spec.gateways.length === 0 ? [meshGateway] : spec.gateways;
  const place = <T>(kind: string, routes: readonly T[]): readonly Placed<T>[] =>
    routes.map((value, index) => ({
      value,
      object: { kind: "VirtualService", namespace, name },
      field: `spec.${kind}[${index}]`,
    }));
  const targets = (route: readonly WeightedTarget[]): readonly WeightedTarget[] =>
    route.map((each) => ({
      ...each,
      destination: { ...each.destination, host: fullHost(each.destination?.host ?? "", namespace, cluster.settings) },
    }));
  const ofHttp = (spec.http ?? []) as readonly HttpRoute[];
  const ofL4 = (routes: readonly unknown[] | undefined) =>
    ((routes ?? []) as readonly L4Route[]).map(
      (each): L4Route => ({
        ...each,
        match: (each.match ?? []).map((match) => withGateways(match, namespace)),
        route: targets(each.route ?? []),
      }),
    );
  return {
    namespace,
    name,
    created: metadata.creationTimestamp ?? "",
    hosts: (spec.hosts ?? []).map((host) => fullHost(host, namespace, cluster.settings)),
    gateways: gateways.map((gateway) => gatewayName(gateway, namespace)),
    exportTo,
    http: place(
      "http",
      ofHttp.map((each) => ({
        ...each,
        match: (each.match ?? []).map((match) => withGateways(match, namespace)),
        ...(each.route === undefined ? {} : { route: targets(each.route) }),
      })),
    ),
    tls: place("tls", ofL4(spec.tls)),
    tcp: place("tcp", ofL4(spec.tcp)),
  };
}

function withGateways<T extends { readonly gateways?: readonly string[] }>(match: T, namespace: string): T {
  if (match.gateways === undefined) return match;
  return { ...match, gateways: match.gateways.map((gateway) => gatewayName(gateway, namespace)) };
}

/** `gateway` or `gateway.namespace.svc…` or `namespace/gateway` (pilot/pkg/model/config.go, resolveGatewayName). */
export function gatewayName(gateway: string, namespace: string): string {
  if (gateway === meshGateway || gateway.includes("/")) return gateway.replace(/^\.\//, `${namespace}/`);
  const [name = "", inNamespace = namespace] = gateway.split(".");
  return `${inNamespace}/${name}`;
}

/** pilot/pkg/model/virtualservice.go, MergeHTTPRoutes: a delegate's route counts only where its root's match allows it. */
function withDelegates(root: MeshVirtualService, byName: ReadonlyMap<string, MeshVirtualService>): MeshVirtualService {
  if (root.http.every(({ value }) => value.delegate === undefined)) return root;
  const dropped: Placed<HttpRoute>[] = [];
  const http = root.http.flatMap((placed): readonly Placed<HttpRoute>[] => {
    const { delegate } = placed.value;
    if (delegate === undefined) return [placed];
    const found = byName.get(`${delegate.namespace ?? root.namespace}/${delegate.name ?? ""}`);
    // A delegate of its own cannot delegate on, and has no hosts (pilot/pkg/model/virtualservice.go, MergeVirtualServicesIfNeeded);
    // one that has, or is not exported to the root, is as if it were not there.
    if (found === undefined || found.hosts.length > 0 || !isVisible(found, root.namespace)) {
      dropped.push(placed);
      return [];
    }
    return found.http.flatMap((sub) => {
      const value = mergedRoute(placed.value, sub.value);
      return value === undefined ? [] : [{ ...sub, value }];
    });
  });
  return { ...root, http, ...(dropped.length === 0 ? {} : { dropped }) };
}

function mergedRoute(root: HttpRoute, sub: HttpRoute): HttpRoute | undefined {
  const match = mergedMatches(root.match ?? [], sub.match ?? []);
  if (match === undefined) return undefined;
  const { delegate: _delegate, route: _route, match: _match, ...ofRoot } = root;
  return { ...ofRoot, ...sub, match };
}

/** Undefined where a match of the delegate is outside all of the root's: then the route is dropped. */
function mergedMatches(root: readonly HttpMatch[], sub: readonly HttpMatch[]): readonly HttpMatch[] | undefined {
  if (root.length === 0) return sub;
  if (sub.length === 0) return root;
  const merged: HttpMatch[] = [];
  for (const leaf of sub) {
    const fitting = root.filter((each) => !conflicts(each, leaf));
    if (fitting.length === 0) return undefined;
    merged.push(...fitting.map((each) => mergedMatch(each, leaf)));
  }
  return merged;
}

function mergedMatch(root: HttpMatch, leaf: HttpMatch): HttpMatch {
  const gateways = leaf.gateways === undefined || leaf.gateways.length === 0 ? root.gateways : leaf.gateways;
  return {
    ...root,
    ...leaf,
    headers: { ...root.headers, ...leaf.headers },
    withoutHeaders: { ...root.withoutHeaders, ...leaf.withoutHeaders },
    queryParams: { ...root.queryParams, ...leaf.queryParams },
    sourceLabels: { ...root.sourceLabels, ...leaf.sourceLabels },
    ...(gateways === undefined ? {} : { gateways }),
  };
}

type Matches = Readonly<Record<string, StringMatch>>;

function conflicts(root: HttpMatch, leaf: HttpMatch): boolean {
  const strings = (["uri", "scheme", "method", "authority"] as const).some((key) => differs(root[key], leaf[key]));
  const inMaps = (ofRoot: Matches = {}, ofLeaf: Matches = {}) =>
    Object.entries(ofLeaf).some(([key, value]) => differs(ofRoot[key], value));
  const labels = Object.entries(leaf.sourceLabels ?? {}).some(
    ([key, value]) => root.sourceLabels?.[key] !== undefined && root.sourceLabels[key] !== value,
  );
  const [rootGateways, leafGateways] = [root.gateways ?? [], leaf.gateways ?? []];
  return (
    strings ||
    labels ||
    inMaps(root.headers, leaf.headers) ||
    inMaps(root.withoutHeaders, leaf.withoutHeaders) ||
    inMaps(root.queryParams, leaf.queryParams) ||
    (root.ignoreUriCase ?? false) !== (leaf.ignoreUriCase ?? false) ||
    (root.port !== undefined && leaf.port !== undefined && root.port !== leaf.port) ||
    (root.sourceNamespace !== undefined && leaf.sourceNamespace !== root.sourceNamespace) ||
    (rootGateways.length > 0 && leafGateways.some((gateway) => !rootGateways.includes(gateway)))
  );
}

function differs(root: StringMatch | undefined, leaf: StringMatch | undefined): boolean {
  if (root === undefined || leaf === undefined) return false;
  if (root.regex !== undefined || leaf.regex !== undefined) return true;
  if (root.exact !== undefined) return leaf.exact !== root.exact;
  if (root.prefix !== undefined) return !(leaf.prefix ?? leaf.exact ?? "").startsWith(root.prefix);
  return true;
}
