import {
  type HttpRoute as ApiHttpRoute,
  type GrpcRoute,
  gatewayApiGroup,
  type ParentRef,
  type TcpRoute,
  type TlsRoute,
} from "../../kinds/index.ts";
import { hostsOverlap, isCoveredBy, isWildcard, serviceHost } from "../hostNames.ts";
import type { HttpRoute, L4Route, Placed } from "../httpRoute.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { type MeshVirtualService, meshGateway } from "../meshVirtualService.ts";
import { type ApiListener, apiListeners } from "./apiListeners.ts";
import { apiTargets } from "./apiTargets.ts";
import { httpRules, sortHttpRoutes } from "./httpRules.ts";

type Route = ApiHttpRoute | TlsRoute | TcpRoute | GrpcRoute;

/**
 * Routes of the Gateway API as the VirtualServices that istiod makes of them, one for each listener (or Service, in the mesh)
 * and host; HTTP routes of the same listener and host are one (pilot/pkg/config/kube/gateway/route_collections.go).
 */
export function apiRoutes(cluster: IstioCluster): readonly MeshVirtualService[] {
  const http = [...cluster.all("HTTPRoute"), ...cluster.all("GRPCRoute")]
    .sort(byAge)
    .flatMap((route) => httpOf(cluster, route));
  const l4 = [...cluster.all("TLSRoute"), ...cluster.all("TCPRoute")].flatMap((route) => l4Of(cluster, route));
  return [...merged(http), ...l4];
}

function byAge({ metadata: left }: Route, { metadata: right }: Route): number {
  const key = ({ creationTimestamp = "", namespace = "", name }: Route["metadata"]) =>
    `${creationTimestamp} ${namespace}/${name}`;
  return key(left) < key(right) ? -1 : 1;
}

function merged(all: readonly MeshVirtualService[]): readonly MeshVirtualService[] {
  const byKey = new Map<string, MeshVirtualService>();
  for (const each of all) {
    const key = `${each.gateways.join()} ${each.hosts.join()} ${each.exportTo.join()}`;
    const before = byKey.get(key);
    byKey.set(key, before === undefined ? each : { ...before, http: sortHttpRoutes([...before.http, ...each.http]) });
  }
  return [...byKey.values()];
}

function httpOf(cluster: IstioCluster, route: ApiHttpRoute | GrpcRoute): readonly MeshVirtualService[] {
  const { parentRefs = [], hostnames = ["*"] } = route.spec ?? {};
  return parentRefs.flatMap((ref): readonly MeshVirtualService[] => {
    const service = serviceOf(route, ref);
    if (service !== undefined) {
      const http = httpRules(cluster, route, { isMesh: true, port: ref.port });
      const isConsumers = service.namespace !== route.metadata.namespace;
      const host = serviceHost(service.name, service.namespace, cluster.settings);
      const bound = virtualService(route, { host, gateway: meshGateway, http });
      return [{ ...bound, exportTo: [isConsumers ? (route.metadata.namespace ?? "default") : "*"] }];
    }
    const http = httpRules(cluster, route, { isMesh: false, port: undefined });
    return listenersOf(cluster, route, ref).flatMap((listener) => {
      const hosts = hostnames.length === 0 ? ["*"] : hostnames;
      return hosts
        .filter((host) => isForListener(cluster, listener, host))
        .map((host) => virtualService(route, { host, gateway: listener.internalName, http }));
    });
  });
}

function l4Of(cluster: IstioCluster, route: TlsRoute | TcpRoute): readonly MeshVirtualService[] {
  const { parentRefs = [], hostnames = ["*"], rules = [] } = route.spec ?? {};
  const isTls = route.kind === "TLSRoute";
  return parentRefs.flatMap((ref) =>
    listenersOf(cluster, route, ref).flatMap((listener) => {
      const own = listener.listener.hostname;
      const shared = own === undefined || !isTls ? hostnames : intersection(hostnames, own);
      const placed = rules.map(
        (rule, index): Placed<L4Route> => ({
          value: {
            match: isTls ? [{ sniHosts: shared }] : [],
            route: apiTargets(cluster, route, { refs: rule.backendRefs ?? [], isMesh: false }),
          },
          object: objectOf(route),
          field: `spec.rules[${index}]`,
        }),
      );
      const hosts = isTls ? shared : ["*"];
      return hosts.map((host) => ({
        ...virtualService(route, { host, gateway: listener.internalName, http: [] }),
        ...(isTls ? { tls: placed } : { tcp: placed }),
      }));
    }),
  );
}

/** Names that both have, the narrower of two (host.Names.Intersection). */
function intersection(hosts: readonly string[], own: string): readonly string[] {
  return hosts.flatMap((host) => (isCoveredBy(own, host) ? [own] : isCoveredBy(host, own) ? [host] : []));
}

export function objectOf({ kind, metadata: { name, namespace = "default" } }: Route) {
  return { kind, namespace, name };
}

function virtualService(
  route: Route,
  {
    host,
    gateway,
    http,
  }: { readonly host: string; readonly gateway: string; readonly http: readonly Placed<HttpRoute>[] },
): MeshVirtualService {
  const { name, namespace = "default", creationTimestamp = "" } = route.metadata;
  return {
    namespace,
    name: `${name}~${host}~${gateway}`,
    created: creationTimestamp,
    hosts: [host],
    gateways: [gateway],
    exportTo: ["*"],
    http: sortHttpRoutes(http),
    tls: [],
    tcp: [],
  };
}

/** GAMMA: a route of a Service of the mesh. */
export function serviceOf(
  { metadata }: Route,
  { group = gatewayApiGroup, kind, name, namespace }: ParentRef,
): { readonly name: string; readonly namespace: string } | undefined {
  if (group !== "" && group !== "core") return undefined;
  return kind === "Service" ? { name, namespace: namespace ?? metadata.namespace ?? "default" } : undefined;
}

/** The listeners that a route is bound to by one of its references (referenceAllowed). */
function listenersOf(cluster: IstioCluster, route: Route, ref: ParentRef): readonly ApiListener[] {
  const { group = gatewayApiGroup, kind = "Gateway", name, sectionName, port } = ref;
  const own = route.metadata.namespace ?? "default";
  if (group !== gatewayApiGroup || kind !== "Gateway") return [];
  const { hostnames = [] } = route.spec ?? {};
  return apiListeners(cluster).filter(({ gateway, listener, server }) => {
    const { metadata } = gateway;
    if (metadata.name !== name || metadata.namespace !== (ref.namespace ?? own)) return false;
    if (port !== undefined && port !== listener.port) return false;
    if (sectionName !== undefined && sectionName !== listener.name) return false;
    const fits = (server.hosts ?? []).some((host) => {
      const [namespace, named = ""] = host.split("/");
      const isAllowed = namespace === "*" || namespace === own;
      return isAllowed && (hostnames.length === 0 ? ["*"] : hostnames).some((each) => hostsOverlap(named, each));
    });
    return fits && kindsOf(listener).includes(route.kind);
  });
}

/** gatewaycommon/conversion.go, GenerateGatewaySupportedKinds. */
function kindsOf({ protocol, tls, allowedRoutes }: ApiListener["listener"]): readonly string[] {
  const byProtocol: Readonly<Record<string, readonly string[]>> = {
    HTTP: ["HTTPRoute", "GRPCRoute"],
    HTTPS: ["HTTPRoute", "GRPCRoute"],
    TCP: ["TCPRoute"],
    TLS: tls?.mode === "Terminate" ? ["TLSRoute", "TCPRoute"] : ["TLSRoute"],
  };
  const supported = byProtocol[protocol] ?? [];
  const kinds = allowedRoutes?.kinds ?? [];
  return kinds.length === 0 ? supported : supported.filter((kind) => kinds.some((each) => each.kind === kind));
}

/** A host belongs to the listener of its port that names it most closely (hostnameAllowedByIsolation). */
function isForListener(cluster: IstioCluster, { gateway, listener }: ApiListener, host: string): boolean {
  const own = listener.hostname ?? "";
  if (own !== "" && !isWildcard(own)) return true;
  if (own !== "" && !hostsOverlap(host, own)) return false;
  return apiListeners(cluster).every((other) => {
    const isBeside =
      other.gateway === gateway &&
      other.listener !== listener &&
      other.listener.port === listener.port &&
      other.listener.protocol === listener.protocol &&
      (other.listener.hostname ?? "") !== own;
    const its = other.listener.hostname ?? "";
    return !isBeside || own.length > its.length || !isCoveredBy(host, its);
  });
}
