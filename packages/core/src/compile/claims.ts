import type { ClusterFacts } from "../facts/clusterFacts.ts";
import type { DestinationRule, ServiceEntry, VirtualService } from "../kinds/istio.ts";
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
  readonly serviceHosts: ReadonlySet<string>;
}

export function userClaims(facts: ClusterFacts, clusterDomain: string): Claims {
  const serviceEntries = new Map<string, ServiceEntry[]>();
  for (const entry of facts.serviceEntries) {
    if (isOurs(entry)) continue;
    for (const host of entry.spec.hosts) serviceEntries.set(host, [...(serviceEntries.get(host) ?? []), entry]);
  }
  const destinationRules = new Map<string, DestinationRule[]>();
  const wildcardRules: DestinationRule[] = [];
  for (const rule of facts.destinationRules) {
    if (isOurs(rule)) continue;
    const host = fullHost(rule.spec.host, rule.metadata.namespace ?? "default", clusterDomain);
    if (host.startsWith("*")) wildcardRules.push(rule);
    else destinationRules.set(host, [...(destinationRules.get(host) ?? []), rule]);
  }
  const serviceHosts = new Set(
    [...facts.services.values()].map(
      ({ metadata }) => `${metadata.name}.${metadata.namespace ?? "default"}.svc.${clusterDomain}`,
    ),
  );
  const virtualServices = facts.virtualServices
    .filter((object) => !isOurs(object) && (object.spec.gateways ?? ["mesh"]).includes("mesh"))
    .map((object) => ({
      object,
      hosts: (object.spec.hosts ?? []).map((host) =>
        fullHost(host, object.metadata.namespace ?? "default", clusterDomain),
      ),
    }));
  return { serviceEntries, destinationRules, wildcardRules, virtualServices, serviceHosts };
}

/** A name without a dot means a Service of the rule's namespace. istio/pkg/config/host, ResolveShortnameToFQDN */
function fullHost(host: string, namespace: string, clusterDomain: string): string {
  return host.includes(".") || host.startsWith("*") ? host : `${host}.${namespace}.svc.${clusterDomain}`;
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
 * A VirtualService of the user for this host, or a wildcard that covers it, that workloads of `namespaces` (undefined: any)
 * see. Sidecars take one for a host; which of several is a matter of age and place, and they do not merge.
 * istio/pilot/pkg/model/virtualservice.go, SelectVirtualServices
 */
export function routesInTheWay(
  claims: Claims,
  host: string,
  namespaces: readonly string[] | undefined,
): VirtualService | undefined {
  return claims.virtualServices.find(
    ({ object: { metadata, spec }, hosts }) =>
      hosts.some((pattern) => covers(pattern, host)) &&
      (namespaces === undefined ||
        namespaces.some((namespace) => isVisible(spec.exportTo, metadata.namespace ?? "default", namespace))),
  )?.object;
}

export function reportRoutes(
  found: {
    readonly owner: string;
    readonly place: string;
    readonly cluster: string;
    readonly host: string;
    readonly routes: VirtualService;
  },
  report: Report,
): void {
  const { owner, place, cluster, host, routes } = found;
  report.add(
    owner,
    "VIRTUAL_SERVICE_CONFLICT",
    place,
    `VirtualService ${routes.metadata.namespace}/${routes.metadata.name} in ${cluster} routes ${host}, which needs one of ours; two for one host do not merge`,
    "remove it, narrow its hosts or its exportTo, or remove match, timeout, retries and versions from spec.traffic",
  );
}
