import {
  askBy,
  capturesDns,
  hostOfAuthority,
  hostsOverlap,
  type IstioCluster,
  isCoveredBy,
  isWildcard,
  keptBy,
  type MeshVirtualService,
  memoised,
  memoisedBy,
  meshGateway,
  type RoutingProxy,
  routingProxy,
  rowOf,
  shortHosts,
  showHost,
  type Workload,
} from "../../istio/index.ts";
import { isHttpOrSniffed, type MeshService } from "../../istio/registry/index.ts";
import { type EgressListener, egressOf, type ProxyScope, portOf, type ScopeKey } from "../../istio/scope/index.ts";
import { chooseHttpRoute, type RouteContext } from "./chooseHttpRoute.ts";
import { addressesFor, portOfSight, type Sight, sightOf } from "./outboundListener.ts";

/** What answers for a Host header: a VirtualService's routes, or a host as it is. */
export interface VirtualHost {
  readonly virtualService: MeshVirtualService | undefined;
  /** Undefined: a host that only a VirtualService names. */
  readonly service: MeshService | undefined;
}

export interface VirtualHosts {
  /** By Host header without a port, lower case. */
  readonly exact: (name: string) => VirtualHost | undefined;
  /** `*.example.com`, and `*`. */
  readonly wildcards: () => ReadonlyMap<string, VirtualHost>;
}

/**
 * The virtual hosts of one port of a sidecar. pilot/pkg/networking/core/httproute.go, BuildSidecarOutboundVirtualHosts:
 * VirtualServices first, in order, then every service that none of them covers; a name that is taken stays.
 */
export function virtualHosts(
  scope: ProxyScope,
  proxy: Workload,
  { egress, port }: { readonly egress: number; readonly port: number },
): VirtualHosts {
  const { cluster, key } = scope;
  const sight = sightOf(key, capturesDns(cluster, proxy));
  // Routes may hold for pods with some labels only.
  const asking = asksForLabels(cluster, key) ? routingProxy(cluster, proxy) : anyProxyOf(key);
  const by = routedAt(listenerOf(portOfSight(sight, port), egress), asking);
  return { exact: (name) => exactRow(cluster, by, name), wildcards: () => wildcardsOf(cluster, by) };
}

const labelsIn = keptBy((cluster, key: ScopeKey): boolean =>
  egressOf(cluster, key).some(({ virtualServices }) =>
    virtualServices.some(({ http }) => http.some(({ value }) => value.match?.some(({ sourceLabels }) => sourceLabels))),
  ),
);

const asksForLabels = askBy((cluster, key: ScopeKey) => labelsIn(cluster, key));

const anyProxyOf = memoised(({ namespace }: ScopeKey): RoutingProxy => ({ namespace, labels: {}, untold: {} }));

const listenerOf = memoisedBy((at: ReturnType<typeof portOfSight>, egress: number) => ({ ...at, egress }));

const routedAt = memoisedBy((listener: ReturnType<typeof listenerOf>, proxy: RoutingProxy) => ({ ...listener, proxy }));

interface HostMaps {
  readonly exact: ReadonlyMap<string, VirtualHost>;
  readonly wildcards: ReadonlyMap<string, VirtualHost>;
}

const exactRow = rowOf((cluster, by: ReturnType<typeof routedAt>) => hostsFor(cluster, by).exact);

const wildcardsOf = askBy((cluster, by: ReturnType<typeof routedAt>) => hostsFor(cluster, by).wildcards);

const hostsFor = keptBy((cluster, { sight, port, egress: index, proxy }: ReturnType<typeof routedAt>): HostMaps => {
  const egress = egressOf(cluster, sight.key)[index];
  if (egress === undefined) return { exact: new Map(), wildcards: new Map() };
  const services = new Map<string, MeshService>();
  for (const service of egress.services) {
    if (portOf(service, port) !== undefined) services.set(service.host.toLowerCase(), service);
  }
  const context: RouteContext = {
    proxy,
    port,
    gateways: new Set([meshGateway]),
    scheme: "http",
  };
  const wrappers = egress.virtualServices
    // Port 80 takes hosts that no service has; on others a VirtualService needs one.
    .filter(({ hosts }) => port === 80 || hosts.some((host) => hasService(host, services)))
    .filter((each) => hasRoutes(each, context))
    .map((virtualService) => wrapper(virtualService, services, { egress, port }))
    .filter(({ services: own, isHttp }) => isHttp || own.length > 0 || port === 80);
  const taken = new Set(wrappers.flatMap(({ services: own }) => own));
  const known = new Set([...services.keys()]);
  const hosts: { exact: Map<string, VirtualHost>; wildcards: Map<string, VirtualHost> } = {
    exact: new Map(),
    wildcards: new Map(),
  };
  const claim = (domains: readonly string[], virtualHost: VirtualHost) => {
    for (const domain of domains) {
      const map = isWildcard(domain) ? hosts.wildcards : hosts.exact;
      if (!map.has(domain)) map.set(domain, virtualHost);
    }
  };
  for (const { virtualService, others, services: own } of wrappers) {
    for (const host of others) claim([host.toLowerCase()], { virtualService, service: undefined });
    for (const service of own) claim(domainsOf(cluster, sight, service, known), { virtualService, service });
  }
  for (const service of services.values()) {
    const protocol = portOf(service, port)?.protocol;
    if (taken.has(service) || service.resolution === "alias" || protocol === undefined || !isHttpOrSniffed(protocol))
      continue;
    claim(domainsOf(cluster, sight, service, known), { virtualService: undefined, service });
  }
  return hosts;
});

/** httproute.go, selectVirtualServices. */
function hasService(host: string, services: ReadonlyMap<string, MeshService>): boolean {
  const name = host.toLowerCase();
  if (services.has(name)) return true;
  if (isWildcard(name)) return [...services.keys()].some((service) => hostsOverlap(name, service));
  return [...services.keys()].some((service) => isWildcard(service) && isCoveredBy(name, service));
}

function hasRoutes(virtualService: MeshVirtualService, context: RouteContext): boolean {
  if (virtualService.http.length === 0) return false;
  const probe = { kind: "http", version: "http1", method: "", authority: "", path: "", headers: {} } as const;
  return chooseHttpRoute(virtualService, probe, context).kind !== "absent";
}

interface Wrapper {
  readonly virtualService: MeshVirtualService;
  /** Hosts of it that no service has. */
  readonly others: readonly string[];
  readonly services: readonly MeshService[];
  readonly isHttp: boolean;
}

/** route.go, separateVSHostsAndServices: a wildcard covers the services that it is the closest for. */
function wrapper(
  virtualService: MeshVirtualService,
  services: ReadonlyMap<string, MeshService>,
  { egress, port }: { readonly egress: EgressListener; readonly port: number },
): Wrapper {
  const name = `${virtualService.namespace}/${virtualService.name}`;
  const others: string[] = [];
  const own: MeshService[] = [];
  for (const host of virtualService.hosts) {
    const exact = isWildcard(host) ? undefined : services.get(host.toLowerCase());
    if (exact !== undefined) {
      own.push(exact);
      continue;
    }
    const covered = isWildcard(host) ? [...services.values()].filter((each) => hostsOverlap(each.host, host)) : [];
    if (covered.length === 0) others.push(host);
    own.push(...covered.filter((each) => egress.closest(each.host) === name));
  }
  const http = own.filter((service) => {
    const protocol = portOf(service, port)?.protocol;
    return protocol !== undefined && isHttpOrSniffed(protocol);
  });
  return { virtualService, others, services: http, isHttp: http.length > 0 };
}

/** httproute.go, generateVirtualHostDomains: the full name, short ones as seen from the proxy's namespace, addresses. */
function domainsOf(
  { settings }: IstioCluster,
  sight: Sight,
  service: MeshService,
  known: ReadonlySet<string>,
): readonly string[] {
  const { namespace } = sight.key;
  const names = [service.host, ...service.aliases].map((host) => host.toLowerCase());
  const domains = names.flatMap((host) => [
    host,
    ...shortHosts(host, namespace, settings).filter((each) => !known.has(each)),
  ]);
  const headless =
    service.isKubernetes && service.resolution === "passthrough" ? domains.map((domain) => `*.${domain}`) : [];
  return [...domains, ...headless, ...addressesFor(sight, service).map(showHost)];
}

/** Envoy's choice: the exact name, else the longest wildcard; the port of a Host header does not count. */
export function findVirtualHost(hosts: VirtualHosts, authority: string): VirtualHost | undefined {
  const name = hostOfAuthority(authority);
  const exact = hosts.exact(name);
  if (exact !== undefined) return exact;
  const wildcards = hosts.wildcards();
  let best: string | undefined;
  for (const domain of wildcards.keys()) {
    if (!name.endsWith(domain.slice(1)) || name.length < domain.length) continue;
    if (best === undefined || domain.length > best.length) best = domain;
  }
  return best === undefined ? undefined : wildcards.get(best);
}
