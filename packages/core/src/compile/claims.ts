import { fullHost, serviceHost } from "../istio/hostNames.ts";
import type { IstioCluster } from "../istio/istioCluster.ts";
import type { DestinationRule } from "../kinds/destinationRule.ts";
import type { ApiRoute, ParentRef } from "../kinds/gatewayApi.ts";
import type { ServiceEntry, VirtualService } from "../kinds/istio.ts";
import type { KubeObject } from "../kinds/kubeObject.ts";
import { isOurs } from "../kinds/ownership.ts";
import type { Report } from "./report.ts";
import { covers, isVisible } from "./visibility.ts";

/** What the user's own objects already say about hosts in one cluster. */
export interface Claims {
  readonly serviceEntries: ReadonlyMap<string, readonly ServiceEntry[]>;
  readonly destinationRules: ReadonlyMap<string, readonly DestinationRule[]>;
  readonly wildcardRules: readonly DestinationRule[];
  /** Those that sidecars read, with their hosts as full names. */
  readonly virtualServices: readonly { readonly object: VirtualService; readonly hosts: readonly string[] }[];
  /** Those of the Gateway API that sidecars read: one entry for each host that is a route's parent. */
  readonly meshRoutes: readonly MeshRoute[];
  readonly serviceHosts: ReadonlySet<string>;
}

interface MeshRoute {
  readonly object: ApiRoute;
  readonly host: string;
  /** Of the Service or ServiceEntry that the host is of. */
  readonly namespace: string;
}

export function userClaims(facts: IstioCluster): Claims {
  const serviceEntries = new Map<string, ServiceEntry[]>();
  for (const entry of facts.all("ServiceEntry")) {
    if (isOurs(entry)) continue;
    for (const host of entry.spec.hosts) serviceEntries.set(host, [...(serviceEntries.get(host) ?? []), entry]);
  }
  const destinationRules = new Map<string, DestinationRule[]>();
  const wildcardRules: DestinationRule[] = [];
  for (const rule of facts.all("DestinationRule")) {
    if (isOurs(rule)) continue;
    const host = fullHost(rule.spec.host, rule.metadata.namespace ?? "default", facts);
    if (host.startsWith("*")) wildcardRules.push(rule);
    else destinationRules.set(host, [...(destinationRules.get(host) ?? []), rule]);
  }
  const serviceHosts = new Set(
    [...facts.services.values()].map(({ metadata }) =>
      serviceHost(metadata.name, metadata.namespace ?? "default", facts),
    ),
  );
  const virtualServices = facts
    .all("VirtualService")
    .filter((object) => !isOurs(object) && (object.spec.gateways ?? ["mesh"]).includes("mesh"))
    .map((object) => ({
      object,
      hosts: (object.spec.hosts ?? []).map((host) => fullHost(host, object.metadata.namespace ?? "default", facts)),
    }));
  const meshRoutes = facts.apiRoutes
    .filter((route) => !isOurs(route))
    .flatMap((object) => (object.spec?.parentRefs ?? []).flatMap((parent) => hostsOfParent(object, parent, facts)));
  return { serviceEntries, destinationRules, wildcardRules, virtualServices, meshRoutes, serviceHosts };
}

/** istio/pilot/pkg/config/kube/gateway/route_collections.go: of a Service its name, of a ServiceEntry all of its hosts. */
function hostsOfParent(object: ApiRoute, parent: ParentRef, facts: IstioCluster): readonly MeshRoute[] {
  const namespace = parent.namespace ?? object.metadata.namespace ?? "default";
  if (parent.group === "" && parent.kind === "Service") {
    return [{ object, host: serviceHost(parent.name, namespace, facts), namespace }];
  }
  if (parent.group !== "networking.istio.io" || parent.kind !== "ServiceEntry") return [];
  const entry = facts
    .all("ServiceEntry")
    .find(({ metadata }) => metadata.name === parent.name && metadata.namespace === namespace);
  return (entry?.spec.hosts ?? []).map((host) => ({ object, host, namespace }));
}

/** The user's object that already names `host` for workloads of `namespace` ("*": of any). */
export function claimOfHost(claims: Claims, host: string, namespace: string): string | undefined {
  if (claims.serviceHosts.has(host)) return "a Service";
  const entry = (claims.serviceEntries.get(host) ?? []).find(
    ({ metadata, spec }) => namespace === "*" || isVisible(spec.exportTo, metadata.namespace ?? "default", namespace),
  );
  return entry === undefined ? undefined : `ServiceEntry ${entry.metadata.namespace}/${entry.metadata.name}`;
}

/** The user's rule for exactly this host that workloads of `namespace` ("*": of any) see. */
export function exactRule(claims: Claims, host: string, namespace: string): DestinationRule | undefined {
  return (claims.destinationRules.get(host) ?? []).find(
    ({ metadata, spec }) => namespace === "*" || isVisible(spec.exportTo, metadata.namespace ?? "default", namespace),
  );
}

/**
 * A rule of the user that keeps ours for a Service's own name from counting. Ours stands in the Service's namespace, so one
 * for exactly this host there does not merge with it, and any that covers the host in a client's own namespace goes before
 * it. Those of the root namespace come after. istio/pilot/pkg/model/push_context.go, destinationRule
 */
export function ruleInTheWay(
  claims: Claims,
  host: string,
  namespaces: { readonly clients: ReadonlySet<string>; readonly service: string; readonly root: string },
): DestinationRule | undefined {
  const covering = [
    ...(claims.destinationRules.get(host) ?? []),
    ...claims.wildcardRules.filter(({ spec }) => covers(spec.host, host)),
  ];
  return covering.find(({ metadata, spec }) => {
    const namespace = metadata.namespace ?? "default";
    if (namespace === namespaces.service) return !spec.host.startsWith("*");
    return (
      namespace !== namespaces.root &&
      namespaces.clients.has(namespace) &&
      isVisible(spec.exportTo, namespace, namespace)
    );
  });
}

/**
 * A VirtualService of the user for this host, or a wildcard that covers it, or a route of the Gateway API whose parent it is,
 * that workloads of `namespaces` (undefined: any) see. Sidecars take one for a host; which of several is a matter of age and
 * place, and they do not merge. A route counts for callers of its own namespace, and for all where it stands beside its parent.
 * istio/pilot/pkg/model/virtualservice.go, SelectVirtualServices; networking/core/route/route.go, UseGatewaySemantics
 */
export function routesInTheWay(
  claims: Claims,
  host: string,
  namespaces: readonly string[] | undefined,
): VirtualService | ApiRoute | undefined {
  const virtualService = claims.virtualServices.find(
    ({ object: { metadata, spec }, hosts }) =>
      hosts.some((pattern) => covers(pattern, host)) &&
      (namespaces === undefined ||
        namespaces.some((namespace) => isVisible(spec.exportTo, metadata.namespace ?? "default", namespace))),
  );
  if (virtualService !== undefined) return virtualService.object;
  return claims.meshRoutes.find(({ object: { metadata }, ...parent }) => {
    const own = metadata.namespace ?? "default";
    return parent.host === host && (namespaces === undefined || own === parent.namespace || namespaces.includes(own));
  })?.object;
}

export function reportRoutes(
  found: {
    readonly owner: string;
    readonly place: string;
    readonly cluster: string;
    readonly host: string;
    readonly routes: KubeObject;
  },
  report: Report,
): void {
  const { owner, place, cluster, host, routes } = found;
  report.add(
    owner,
    routes.kind === "VirtualService" ? "VIRTUAL_SERVICE_CONFLICT" : "ROUTE_CONFLICT",
    place,
    `${routes.kind} ${routes.metadata.namespace}/${routes.metadata.name} in ${cluster} routes ${host}, which needs routes of ours; two for one host do not merge`,
    "remove it, narrow what it is for, or remove match, timeout, retries and versions from spec.traffic",
  );
}
