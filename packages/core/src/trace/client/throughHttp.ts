import { say } from "../../findings/index.ts";
import {
  type HttpMatch,
  type HttpPayload,
  type HttpRoute,
  meshGateway,
  type Placed,
  routingProxy,
} from "../../istio/index.ts";
import type { MeshService, NamedAddress } from "../../istio/registry/index.ts";
import { egressOf, type ProxyScope, proxyScope } from "../../istio/scope/index.ts";
import { limitsOf, retryPolicy } from "../../istio/upstream/index.ts";
import { type ClusterObject, clusterObject } from "../../kinds/index.ts";
import type { ClientStep } from "../attempt.ts";
import { broken, passed, unsure } from "../hop.ts";
import type { TraceHop } from "../traceResult.ts";
import { openUpstream } from "../upstream/openUpstream.ts";
import { applyHttpRoute } from "./applyHttpRoute.ts";
import { chooseHttpRoute, routesForProxy } from "./chooseHttpRoute.ts";
import type { HttpChain } from "./outboundListener.ts";
import { unmatched } from "./unmatched.ts";
import { findVirtualHost, type VirtualHost, virtualHosts } from "./virtualHosts.ts";
import { destinationOf, ended, showTarget, type Walk } from "./walk.ts";
import { wrongVirtualHost } from "./wrongDestination.ts";

export interface ThroughHttp {
  readonly chain: HttpChain;
  readonly scope: ProxyScope;
  readonly service: MeshService | undefined;
  readonly http: HttpPayload;
}

/** The sidecar routes HTTP: virtual host, VirtualService, upstream. */
export function throughHttp(walk: Walk, address: NamedAddress, given: ThroughHttp): readonly ClientStep[] {
  const { cluster, caller } = walk;
  const { chain, scope, http } = given;
  const hosts = virtualHosts(scope, caller, chain);
  const found =
    chain.only === undefined ? findVirtualHost(hosts, http.authority) : hosts.exact(chain.only.host.toLowerCase());
  const { virtualService } = found ?? {};
  if (found !== undefined && virtualService !== undefined) {
    const { only } = chain;
    const wrong = only === undefined ? undefined : wrongVirtualHost(walk, { service: given.service, taker: only });
    const on = wrong === undefined ? walk : { ...walk, hops: [...walk.hops, wrong] };
    return routed(on, address, { ...given, found: { ...found, virtualService } });
  }
  const service = found?.service ?? chain.only;
  if (service === undefined) {
    return unmatched(walk, address, {
      scope,
      service: given.service,
      isHttp: true,
      detail: `no virtual host ${http.authority} at port ${chain.port}`,
    });
  }
  const straight = passed({
    name: "route",
    cluster: cluster.name,
    object: clusterObject(cluster.name, service.object),
    limits: limitsOf({}),
    detail: `no VirtualService: straight to ${service.host}:${chain.port}`,
    source: "pilot/pkg/networking/core/route/route.go",
  });
  const hop = wrongVirtualHost(walk, { service: given.service, taker: service }) ?? straight;
  return openUpstream({
    cluster,
    clusters: walk.clusters,
    proxy: caller,
    target: { host: service.host, port: chain.port, subset: undefined, chosenBy: undefined },
    payload: http,
    proxied: "http",
    retries: retryPolicy(undefined),
    spreads: walk.spreads,
    hops: [...walk.hops, hop],
    probability: walk.probability,
    dialled: destinationOf(address, walk.request.url.port),
  });
}

function routed(
  walk: Walk,
  address: NamedAddress,
  {
    chain,
    http,
    found,
  }: ThroughHttp & {
    readonly found: VirtualHost & { readonly virtualService: NonNullable<VirtualHost["virtualService"]> };
  },
): readonly ClientStep[] {
  const { cluster, caller } = walk;
  const { virtualService } = found;
  const { namespace, name } = virtualService;
  const placed = virtualService.http[0]?.object;
  const object = {
    cluster: cluster.name,
    // A delegate's routes have the delegate as their object.
    ...(placed === undefined || placed.kind === "VirtualService"
      ? { kind: "VirtualService", namespace, name }
      : placed),
  };
  const base = {
    name: "route",
    cluster: cluster.name,
    object,
    source: "pilot/pkg/networking/core/route/route.go",
  } as const;
  const context = {
    proxy: routingProxy(cluster, caller),
    port: chain.port,
    gateways: new Set([meshGateway]),
    scheme: "http",
  } as const;
  const choice = chooseHttpRoute(virtualService, http, context);
  if (choice.kind === "unknown") {
    return [ended(walk, unsure({ ...base, detail: choice.why }), choice)];
  }
  const droppedFor = chooseHttpRoute({ http: virtualService.dropped ?? [] }, http, context);
  if (choice.kind !== "chosen" && droppedFor.kind === "chosen") {
    const { value, field } = droppedFor.route;
    const { name: to = "", namespace: inNamespace = namespace } = value.delegate ?? {};
    const delegate = `VirtualService ${inNamespace}/${to}`;
    const hop = broken({
      ...base,
      field: `${field}.delegate`,
      code: "TRACE_ROUTE_MISSING",
      detail: say`${{ object }} leaves ${{ authority: http.authority }}${{ path: http.path }} to ${{ delegate }}, which is not there, or not exported to namespace ${{ namespace }}: the route is dropped`,
      fix: say`Create ${{ delegate }} without hosts, export it to ${{ namespace }}, or correct ${{ field }}.delegate.`,
      others: [
        {
          object: { cluster: cluster.name, kind: "VirtualService", namespace: inNamespace, name: to },
          part: "is the delegate that is missing",
        },
      ],
    });
    return [ended(walk, hop, { kind: "refused", status: 404, responseFlag: "NR" })];
  }
  if (choice.kind !== "chosen") {
    const ignored = (egressOf(cluster, proxyScope(cluster, caller).key)[chain.egress]?.virtualServices ?? [])
      .filter((each) => each !== virtualService && each.hosts.some((host) => virtualService.hosts.includes(host)))
      .filter((each) => chooseHttpRoute(each, http, context).kind === "chosen")
      .map((each) => ({
        object: { cluster: cluster.name, kind: "VirtualService", namespace: each.namespace, name: each.name },
        part: "has a route for it, and is ignored",
      }));
    const hop = broken({
      ...base,
      field: "spec.http",
      code: "TRACE_ROUTE_MISSING",
      detail: say`no route of ${{ object }} matches ${{ method: http.method }} ${{ authority: http.authority }}${{ path: http.path }}${ignored.length === 0 ? "" : `, and of several VirtualServices of one host only the first holds: those of the caller's namespace alone, those exported to it, then all others, each by age`}`,
      fix: say`Add a route without match to ${{ object }}, or one that matches the request.`,
      ...(ignored.length === 0 ? {} : { others: ignored }),
    });
    return [ended(walk, hop, { kind: "refused", status: 404, responseFlag: "NR" })];
  }
  const chosen = walk.spreads ? routesForProxy(virtualService, context) : [choice];
  return chosen.flatMap(({ route, match }) =>
    followRoute({ ...walk, probability: walk.probability / chosen.length }, address, {
      chain,
      http,
      base,
      route,
      match,
    }),
  );
}

interface FollowRoute extends Pick<ThroughHttp, "chain" | "http"> {
  readonly base: Pick<TraceHop, "cluster" | "source"> & { readonly name: "route"; readonly object: ClusterObject };
  readonly route: Placed<HttpRoute>;
  readonly match: HttpMatch | undefined;
}

function followRoute(
  walk: Walk,
  address: NamedAddress,
  { chain, http, base, route, match }: FollowRoute,
): readonly ClientStep[] {
  const { cluster, caller } = walk;
  const effects = applyHttpRoute({ route, match, payload: http, cluster: cluster.name, defaultPort: () => chain.port });
  return effects.flatMap((effect): readonly ClientStep[] => {
    const probability = walk.probability * effect.share;
    const share = effect.share < 1 ? ` (${Math.round(effect.share * 100)} %)` : "";
    const here = { ...base, object: { ...base.object, ...route.object } };
    if (effect.kind === "abort") {
      const hop = broken({
        ...here,
        field: `${route.field}.fault.abort`,
        code: "TRACE_ROUTE_ABORTS",
        detail: say`${{ object: here.object }} aborts with ${{ status: effect.status }}${{ share }}, as it is told`,
        fix: say`Remove ${{ field: route.field }}.fault.abort when the test is over.`,
      });
      return [ended({ ...walk, probability }, hop, { kind: "refused", status: effect.status, responseFlag: "FI" })];
    }
    if (effect.kind === "answer") {
      const hop = passed({
        ...here,
        field: route.field,
        detail: `answers by itself: ${effect.how} ${effect.status}${share}`,
      });
      return [ended({ ...walk, probability }, hop, { kind: "answered", by: { type: "proxy" }, status: effect.status })];
    }
    const hop = passed({
      ...here,
      field: effect.field,
      limits: limitsOf(route.value),
      detail: `to ${showTarget(effect.target)}${share}`,
    });
    return openUpstream({
      cluster,
      clusters: walk.clusters,
      proxy: caller,
      target: { ...effect.target, listenerPort: chain.port },
      payload: effect.payload,
      proxied: "http",
      retries: effect.retries,
      spreads: walk.spreads,
      hops: [...walk.hops, hop],
      probability,
      dialled: destinationOf(address, walk.request.url.port),
    });
  });
}
