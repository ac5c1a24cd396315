import { isHttp } from "../../istio/registry/index.ts";
import { dnsLabel, networkingApiVersion, ownershipLabels, type VirtualService } from "../../kinds/index.ts";
import type { TextMatch, TrafficRule } from "../../model/index.ts";
import type { Placement } from "../declaration/placement.ts";
import type { ResolvedService, SharedPort } from "./resolvedService.ts";
import type { Routing, WeightedPart } from "./routing.ts";
import type { Part } from "./version.ts";

type Spec = VirtualService["spec"];
type HttpRoute = NonNullable<Spec["http"]>[number];
type HttpMatch = NonNullable<HttpRoute["match"]>[number];
type TcpRoute = NonNullable<Spec["tcp"]>[number];

/** A host that Istio knows in the consuming cluster, and where one host has several parts, which. */
export interface RouteTarget {
  readonly host: string;
  readonly subset?: string;
}

/** A name whose calls the callers' sidecars route. */
export interface RoutedName {
  readonly shared: ResolvedService;
  readonly host: string;
  readonly ports: readonly SharedPort[];
  readonly routing: Routing;
  readonly targetOf: (part: Part) => RouteTarget;
}

const throughout: Routing = { rules: [], split: undefined };

/** A name that leads to one place: only timeout and retries concern it. */
export function plainName(shared: ResolvedService, host: string, ports: readonly SharedPort[]): RoutedName {
  return { shared, host, ports, routing: throughout, targetOf: () => ({ host }) };
}

/** What callers' sidecars do with calls to a name; undefined where that is nothing but to send them there. */
export function virtualService(name: RoutedName, placement: Placement): VirtualService | undefined {
  const http = name.ports.flatMap((port) => httpRoutes(name, port));
  const tcp = name.ports.flatMap((port) => tcpRoutes(name, port));
  if (http.length === 0 && tcp.length === 0) return undefined;
  const { shared, host } = name;
  return {
    apiVersion: networkingApiVersion,
    kind: "VirtualService",
    metadata: {
      name: dnsLabel([shared.service, shared.namespace, "routes"], [host]),
      namespace: placement.namespace,
      labels: ownershipLabels(shared.owner, "consumer"),
    },
    spec: {
      hosts: [host],
      exportTo: [placement.exportTo],
      ...(http.length === 0 ? {} : { http }),
      ...(tcp.length === 0 ? {} : { tcp }),
    },
  };
}

/** Where Istio finds the protocol out by itself, a call may be HTTP: the split holds for both. */
function httpRoutes(name: RoutedName, { number, protocol }: SharedPort): readonly HttpRoute[] {
  const { rules, split } = name.routing;
  if (!isHttp(protocol)) {
    if (protocol !== undefined || split === undefined) return [];
    return [{ match: [{ port: number }], route: destinations(name, number, split) }];
  }
  if (rules.length === 0 && split === undefined && Object.keys(policyOf(name)).length === 0) return [];
  return [
    ...rules.map(({ rule, to }) => ({
      match: httpMatches(rule, number),
      route: destinations(name, number, to),
      ...policyOf(name),
    })),
    { match: [{ port: number }], route: destinations(name, number, split), ...policyOf(name) },
  ];
}

/** Anew for each route: YAML would write what two share as an alias. */
function policyOf({ shared }: RoutedName): Pick<HttpRoute, "timeout" | "retries"> {
  const { timeout, retries } = shared.intent.spec.traffic ?? {};
  return {
    ...(timeout === undefined ? {} : { timeout }),
    ...(retries === undefined ? {} : { retries: { ...retries } }),
  };
}

function tcpRoutes(name: RoutedName, { number, protocol }: SharedPort): readonly TcpRoute[] {
  const { split } = name.routing;
  if (split === undefined || isHttp(protocol)) return [];
  return [{ match: [{ port: number }], route: destinations(name, number, split) }];
}

/** Istio takes one method a match; a call that any of the matches fits goes this way. */
function httpMatches({ headers = {}, path, methods }: TrafficRule, port: number): HttpMatch[] {
  const names = Object.keys(headers).sort();
  const match = {
    port,
    ...(names.length === 0
      ? {}
      : { headers: Object.fromEntries(names.map((name) => [name, { ...headers[name] } as TextMatch])) }),
    ...(path === undefined ? {} : { uri: { ...path } }),
  };
  return methods === undefined ? [match] : [...methods].sort().map((exact) => ({ ...match, method: { exact } }));
}

function destinations(name: RoutedName, port: number, parts: readonly WeightedPart[] | undefined) {
  const to = (target: RouteTarget) => ({ destination: { ...target, port: { number: port } } });
  if (parts === undefined) return [to({ host: name.host })];
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return [to(name.targetOf(only.part))];
  return parts.map(({ part, weight }) => ({ ...to(name.targetOf(part)), weight }));
}
