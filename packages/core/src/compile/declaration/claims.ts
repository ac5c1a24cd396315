import { type Place, say } from "../../findings/index.ts";
import {
  askBy,
  type IstioCluster,
  isCoveredBy,
  isVisible,
  isWildcard,
  type MeshVirtualService,
  memoised,
  meshGateway,
  parseServiceHost,
  serviceHost,
} from "../../istio/index.ts";
import { meshRegistry } from "../../istio/registry/index.ts";
import { type HostRule, rulesInTheWay, virtualServicesOf } from "../../istio/scope/index.ts";
import {
  type ApiRoute,
  type DestinationRule,
  isNamedAsOurs,
  type KubeObject,
  type ParentRef,
  type VirtualService,
} from "../../kinds/index.ts";
import type { Report } from "./report.ts";

/** The user's object that already names `host` for workloads of `namespace` ("*": of any). */
export function claimOfHost(cluster: IstioCluster, host: string, namespace: string): string | undefined {
  return claimIn(cluster, [host, namespace]);
}

type Pair = readonly [host: string, namespace: string];

const claimIn = askBy((facts, [host, namespace]: Pair): string | undefined => {
  const named = parseServiceHost(host, facts.settings);
  if (named !== undefined && facts.service(named.namespace, named.name) !== undefined) return "a Service";
  const entry = (meshRegistry(facts).byHost.get(host) ?? []).find(
    (each) =>
      !each.isKubernetes &&
      !isNamedAsOurs(each.object) &&
      (namespace === "*" ? each.exportTo.join() !== "~" : isVisible(each, namespace)),
  );
  return entry === undefined ? undefined : `ServiceEntry ${entry.namespace}/${entry.object.metadata.name}`;
});

/**
 * A rule of the user that keeps ours for exactly this host from counting for workloads of these namespaces; undefined: of any.
 */
export function ruleInTheWay(
  cluster: IstioCluster,
  ours: HostRule,
  clients: Iterable<string> | undefined,
): DestinationRule | undefined {
  return ruleIn(cluster, [ours.host, ours.namespace, clients === undefined ? undefined : [...clients]]);
}

type RuleQuestion = readonly [host: string, namespace: string, clients: readonly string[] | undefined];

const ruleIn = askBy((facts, [host, namespace, clients]: RuleQuestion): DestinationRule | undefined => {
  for (const client of clients ?? [undefined]) {
    const found = rulesInTheWay(facts, { host, namespace }, client).find((rule) => !isNamedAsOurs(rule));
    if (found !== undefined) return found;
  }
  return undefined;
});

/**
 * A VirtualService of the user for this host, or a wildcard that covers it, or a route of the Gateway API whose parent it is,
 * that workloads of `namespaces` (undefined: any) see. Sidecars take one for a host; which of several is a matter of age and
 * place, and they do not merge. A route counts for callers of its own namespace, and for all where it stands beside its parent.
 * istio/pilot/pkg/model/virtualservice.go, SelectVirtualServices; networking/core/route/route.go, UseGatewaySemantics
 */
export function routesInTheWay(
  cluster: IstioCluster,
  host: string,
  namespaces: readonly string[] | undefined,
): VirtualService | ApiRoute | undefined {
  return routesIn(cluster, [host, namespaces]);
}

type RouteQuestion = readonly [host: string, namespaces: readonly string[] | undefined];

const routesIn = askBy((facts, [host, namespaces]: RouteQuestion): VirtualService | ApiRoute | undefined => {
  const sees = (each: MeshVirtualService) =>
    namespaces === undefined
      ? each.exportTo.join() !== "~"
      : namespaces.some((namespace) => isVisible(each, namespace));
  const { byHost, wildcards, meshRoutes } = ofUser(facts);
  const named = [
    ...(byHost.get(host) ?? []),
    ...wildcards.filter(({ hosts }) => hosts.some((by) => isCoveredBy(host, by))),
  ];
  const [first] = named.filter(sees).sort((left, right) => left.rank - right.rank);
  if (first !== undefined) return first.object;
  return meshRoutes.find(({ object: { metadata }, ...parent }) => {
    const own = metadata.namespace ?? "default";
    return parent.host === host && (namespaces === undefined || own === parent.namespace || namespaces.includes(own));
  })?.object;
});

/** `rank`: the earlier ones count. */
type RankedService = MeshVirtualService & { readonly object: VirtualService; readonly rank: number };

interface RoutesOfUser {
  /** VirtualServices by the hosts that they name, and those that name a wildcard. */
  readonly byHost: ReadonlyMap<string, readonly RankedService[]>;
  readonly wildcards: readonly RankedService[];
  /** Those of the Gateway API that sidecars read: one entry for each host that is a route's parent. */
  readonly meshRoutes: readonly MeshRoute[];
}

interface MeshRoute {
  readonly object: ApiRoute;
  readonly host: string;
  /** Of the Service or ServiceEntry that the host is of. */
  readonly namespace: string;
}

const ofUser = memoised((facts: IstioCluster): RoutesOfUser => {
  const objects = new Map(
    facts.all("VirtualService").map((each) => [`${each.metadata.namespace ?? "default"}/${each.metadata.name}`, each]),
  );
  const ranked = virtualServicesOf(facts, meshGateway).flatMap((each, rank) => {
    const object = objects.get(`${each.namespace}/${each.name}`);
    return object === undefined || isNamedAsOurs(object) ? [] : [{ ...each, object, rank }];
  });
  const byHost = new Map<string, RankedService[]>();
  for (const each of ranked) {
    for (const host of new Set(each.hosts)) byHost.set(host, [...(byHost.get(host) ?? []), each]);
  }
  return {
    byHost,
    wildcards: ranked.filter(({ hosts }) => hosts.some(isWildcard)),
    meshRoutes: facts.apiRoutes
      .filter((route) => !isNamedAsOurs(route))
      .flatMap((object) => (object.spec?.parentRefs ?? []).flatMap((parent) => hostsOfParent(object, parent, facts))),
  };
});

/** istio/pilot/pkg/config/kube/gateway/route_collections.go: of a Service its name, of a ServiceEntry all of its hosts. */
function hostsOfParent(object: ApiRoute, parent: ParentRef, facts: IstioCluster): readonly MeshRoute[] {
  const namespace = parent.namespace ?? object.metadata.namespace ?? "default";
  if (parent.group === "" && parent.kind === "Service") {
    return [{ object, host: serviceHost(parent.name, namespace, facts.settings), namespace }];
  }
  if (parent.group !== "networking.istio.io" || parent.kind !== "ServiceEntry") return [];
  const entry = facts.in("ServiceEntry", namespace).find(({ metadata }) => metadata.name === parent.name);
  return (entry?.spec.hosts ?? []).map((host) => ({ object, host, namespace }));
}

export function reportRoutes(
  found: {
    readonly owner: string;
    readonly place: Place;
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
    say`${{ kind: routes.kind }} ${{ namespace: routes.metadata.namespace }}/${{ routes: routes.metadata.name }} in ${{ cluster }} routes ${{ host }}, which needs routes of ours; two for one host do not merge`,
    "remove it, narrow what it is for, or remove match, timeout, retries and versions from spec.traffic",
  );
}
