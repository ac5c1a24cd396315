import { say } from "../../findings/index.ts";
import {
  fingerprintsOf,
  type IstioCluster,
  type Payload,
  showHostPort,
  type Transport,
  templateKey,
  type Workload,
} from "../../istio/index.ts";
import {
  endpointsOf,
  isHttp2,
  isIp,
  type MeshEndpoint,
  mayBeServedBy,
  nodeLocalField,
  onOwnNode,
  resolved,
  servicesOfHost,
  unresolvable,
  whyServedElsewhere,
} from "../../istio/registry/index.ts";
import {
  destinationRuleFor,
  effectivePolicy,
  type MergedRule,
  type PlacedSubset,
  type ProxyScope,
  portOf,
  proxyScope,
  serviceOf,
} from "../../istio/scope/index.ts";
import {
  acrossNetworks,
  type RetryPolicy,
  shares,
  subsetEndpoints,
  type Upstream,
  upstreamTls,
} from "../../istio/upstream/index.ts";
import { type ClusterObject, clusterObject, showClusterObject, type TrafficPolicy } from "../../kinds/index.ts";
import type { Assumption } from "../assumption.ts";
import type { Attempt, ClientStep, Destination } from "../attempt.ts";
import { unfollowedUpstream } from "../extensions/unfollowedChange.ts";
import { behindWaypoint } from "../gatewayApi/ambient.ts";
import { hiddenHop, hiddenOf } from "../hiddenHop.ts";
import { broken, passed, unsure } from "../hop.ts";
import type { TraceHop, TraceOutcome } from "../traceResult.ts";
import type { TraceWorld } from "../traceWorld.ts";

export interface OpenUpstream {
  readonly cluster: IstioCluster;
  /** All that could be read. */
  readonly clusters: TraceWorld["clusters"];
  /** The sidecar or gateway that opens the connection. */
  readonly proxy: Workload;
  readonly target: UpstreamTarget;
  readonly payload: Payload;
  /** How the proxy treats the request: an HTTP proxy answers for an upstream that fails, a TCP proxy closes the connection. */
  readonly proxied: "http" | "tcp";
  readonly retries: RetryPolicy | undefined;
  /** As of TraceWorld. */
  readonly spreads?: boolean;
  readonly hops: readonly TraceHop[];
  readonly probability: number;
  /** What the client dialled; a gateway has none. */
  readonly dialled?: Destination;
}

/** `outbound|port|subset|host`, and what chose it: a route, or nothing but the name that was called. */
export interface UpstreamTarget {
  readonly host: string;
  readonly port: number;
  readonly subset: string | undefined;
  readonly chosenBy: { readonly object: ClusterObject; readonly field: string } | undefined;
  /** Of a sidecar's HTTP listener. */
  readonly listenerPort?: number;
  /** What the client sees of HTTP where there is no such host or port; 503 and NC unless told. */
  readonly missing?: { readonly status: number; readonly responseFlag?: string };
}

const clusterSource = "pilot/pkg/networking/core/cluster.go";
const endpointSource = "pilot/pkg/xds/endpoints/endpoint_builder.go";

/** The connections that a proxy may open for an upstream cluster: TLS, load balancing, and what is missing for it. */
export function openUpstream(given: OpenUpstream): readonly ClientStep[] {
  const { cluster, proxy } = given;
  const scope = proxyScope(cluster, proxy);
  const open = throughAlias(given, scope);
  const { target } = open;
  const service = serviceOf(scope, target.host);
  const port = service === undefined ? undefined : portOf(service, target.port);
  if (service === undefined || port === undefined) return [unknownUpstream(open, service !== undefined)];
  const context = proxy.proxy === "gateway" ? "GATEWAY" : "SIDECAR_OUTBOUND";
  const change = unfollowedUpstream({ cluster, workload: proxy, context, ...target });
  const untold = change ?? behindWaypoint(cluster, service);
  if (untold !== undefined) return [ended(open, [untold], { kind: "unknown", why: untold.detail })];
  const rule = destinationRuleFor(cluster, proxy, service);
  const subset = rule?.subsets.find((each) => each.subset.name === target.subset);
  if (target.subset !== undefined && subset === undefined) return [unknownSubset(open, rule)];
  const { policy, tlsField } = effectivePolicy(
    rule?.trafficPolicy,
    subset === undefined ? undefined : { policy: subset.subset.trafficPolicy, field: subset.field },
    port.number,
  );
  const isOriginalDestination =
    proxy.proxy === "sidecar" &&
    (service.resolution === "passthrough" || policy.loadBalancer?.simple === "PASSTHROUGH");
  const upstream: Upstream = {
    cluster,
    proxy,
    service,
    port,
    subset: target.subset,
    rule,
    policy,
    isOriginalDestination,
  };
  if (isOriginalDestination) return [toOriginal(open, upstream, tlsField)];
  if (service.resolution === "dynamic-dns") {
    return [ended(open, [], { kind: "unknown", why: `${service.host} is resolved for each request (DYNAMIC_DNS)` })];
  }
  const { endpoints, isComplete } = endpointsOf(cluster, service, port);
  const { endpoints: inSubset, untold: hidden } = subsetEndpoints(endpoints, subset?.subset.labels);
  if (hidden !== undefined && subset !== undefined) return [untoldSubset(open, subset, hidden)];
  const near = onOwnNode(cluster, service, { caller: proxy, endpoints: inSubset.filter(({ isHealthy }) => isHealthy) });
  if (!near.isTold) {
    const object = clusterObject(cluster.name, service.object);
    const why = `${showClusterObject(object)} is for pods of the caller's own node (internalTrafficPolicy Local), and which node ${proxy.name} or its endpoints are on is not known`;
    const hop = unsure({ ...endpointHop(cluster), object, field: nodeLocalField, detail: why });
    return [ended(open, [hop], { kind: "unknown", why })];
  }
  const found = resolved(cluster, service, { namespace: proxy.namespace, endpoints: near.endpoints });
  const [lost] = near.endpoints;
  if (found.length === 0 && lost !== undefined) return [unresolvedEndpoint(open, lost)];
  if (lost === undefined && inSubset.some(({ isHealthy }) => isHealthy)) return [otherNodes(open, upstream)];
  const healthy = acrossNetworks(cluster, proxy, found);
  if (healthy.length === 0) {
    const other = mayBeServedBy(cluster, open.clusters, service.host);
    if (other !== undefined) {
      const why = whyServedElsewhere(cluster, other, service.host);
      return [ended(open, [unsure({ ...endpointHop(cluster), detail: why })], { kind: "unknown", why })];
    }
    if (!isComplete) {
      const why = `${showClusterObject(clusterObject(cluster.name, service.object))} has no selector: its endpoints are not read`;
      return [ended(open, [unsure({ ...endpointHop(cluster), detail: why })], { kind: "unknown", why })];
    }
    return [noEndpoints(open, upstream, { endpoints, inSubset, subset })];
  }
  const asIfNear = { ...policy, loadBalancer: { ...policy.loadBalancer, localityLbSetting: { enabled: false } } };
  const balanced = { policy: open.spreads === true ? asIfNear : policy, endpoints: healthy };
  return grouped(shares(cluster, proxy, balanced)).map(({ endpoint, share, count }) =>
    toEndpoint(open, upstream, { endpoint, share, count, tlsField }),
  );
}

/** Envoy has an upstream cluster without any address then. */
function unresolvedEndpoint(open: OpenUpstream, { address = "", object, field }: MeshEndpoint): ClientStep {
  const { cluster, proxied, target } = open;
  const hop = broken({
    ...endpointHop(cluster),
    object,
    ...(field === undefined ? {} : { field: field === "spec.hosts" ? field : `${field}.address` }),
    code: "TRACE_ADDRESS_UNKNOWN",
    detail: say`${{ address }}, an endpoint of ${{ host: target.host }}, is to be resolved by DNS, and has no address there: ${{ why: unresolvable(cluster, open.proxy.namespace, address) }}`,
    fix: say`Give ${{ object }} an endpoint that DNS knows in full, as service.namespace.svc.${{ clusterDomain: cluster.settings.clusterDomain }}, or an IP address.`,
    source: clusterSource,
  });
  return ended(open, [hop], failure(proxied, "UH"));
}

/** A Service for the callers of its pods' own nodes has nothing for this one. */
function otherNodes(open: OpenUpstream, { cluster, proxy, service }: Upstream): ClientStep {
  const object = clusterObject(cluster.name, service.object);
  const hop = broken({
    ...endpointHop(cluster),
    object,
    field: nodeLocalField,
    code: "TRACE_NO_ENDPOINTS",
    detail: say`${{ object }} is for pods of the caller's own node (internalTrafficPolicy Local), and has none on that of ${{ proxy: proxy.name }}${proxy.node === undefined ? "" : `, ${proxy.node}`}`,
    fix: `Set internalTrafficPolicy: Cluster, or run its pods on every node that calls.`,
  });
  return ended(open, [hop], failure(open.proxied, "UH"));
}

/**
 * A destination that is a Service of type ExternalName means the host that it names, by one step (route.go, GetDestinationCluster).
 * A sidecar's HTTP listener looks it up among the Services of its own port.
 */
function throughAlias(open: OpenUpstream, scope: ProxyScope): OpenUpstream {
  const { cluster, target, hops } = open;
  const service = serviceOf(scope, target.host);
  const { listenerPort } = target;
  if (service?.aliasOf === undefined || (listenerPort !== undefined && portOf(service, listenerPort) === undefined)) {
    return open;
  }
  const hop = passed({
    name: "route",
    cluster: cluster.name,
    object: clusterObject(cluster.name, service.object),
    field: "spec.externalName",
    detail: `${target.host} stands for ${service.aliasOf}`,
    source: "pilot/pkg/networking/core/route/route.go, GetDestinationCluster",
  });
  return { ...open, target: { ...target, host: service.aliasOf }, hops: [...hops, hop] };
}

interface Group {
  readonly endpoint: MeshEndpoint;
  readonly share: number;
  readonly count: number;
}

/** Pods of one template are alike: one of them stands for all. */
function grouped(all: readonly { readonly endpoint: MeshEndpoint; readonly share: number }[]): readonly Group[] {
  if (all.length === 1) return all.map((each) => ({ ...each, count: 1 }));
  const groups = new Map<string, Group>();
  for (const { endpoint, share } of all) {
    const key = groupKey(endpoint);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { endpoint, share, count: 1 });
    else groups.set(key, { ...known, share: known.share + share, count: known.count + 1 });
  }
  return [...groups.values()];
}

function groupKey({ workload, address, port, tlsMode }: MeshEndpoint): string {
  if (workload === undefined) return `${address}:${port} ${tlsMode}`;
  return `${port} ${templateKey(workload)}`;
}

function toEndpoint(
  open: OpenUpstream,
  upstream: Upstream,
  { endpoint, share, count, tlsField }: Group & { readonly tlsField: string },
): Attempt {
  const { cluster } = upstream;
  const transport = upstreamTls(upstream, endpoint, authorityOf(open.payload));
  const what =
    endpoint.workload === undefined
      ? showHostPort(endpoint.address ?? "", endpoint.port)
      : `${count > 1 ? `one of ${count} pods like ` : "pod "}${endpoint.workload.name}, port ${endpoint.port}`;
  const hop = passed({
    name: "endpoints",
    cluster: cluster.name,
    object: endpoint.object,
    detail: share < 1 ? `${what} (${Math.round(share * 100)} % of the requests)` : what,
    source: endpointSource,
    ...(endpoint.field === undefined ? {} : { field: endpoint.field }),
  });
  const probability = open.probability * share;
  const way = { probability, hosts: count, destination: destinationOf(endpoint), hop };
  return attemptOf(open, upstream, { transport, tlsField }, way);
}

function attemptOf(
  open: OpenUpstream,
  upstream: Upstream,
  { transport, tlsField }: { readonly transport: Transport; readonly tlsField: string },
  {
    probability,
    hosts,
    destination,
    hop,
  }: Pick<Attempt, "probability" | "hosts" | "destination"> & {
    readonly hop: TraceHop;
  },
): Attempt {
  const { cluster, proxy, target } = open;
  const { policy } = upstream;
  const payload = upstreamPayload(open.payload, upstream, open.proxied);
  return {
    kind: "attempt",
    probability,
    pick: `${cluster.name} ${proxy.namespace}/${proxy.name} outbound|${target.port}|${target.subset ?? ""}|${target.host}`,
    hosts,
    retries: retriesOf(open.retries, policy),
    proxied: open.proxied,
    caller: { workload: proxy, trustRoots: fingerprintsOf(cluster) },
    destination,
    transport: open.proxied === "http" ? withHttpAlpn(transport, payload) : transport,
    payload,
    hops: [...open.hops, policyHop(upstream, { transport, tlsField }), hop],
  };
}

/** Where requests are bound to an endpoint by a hash, so are their retries. */
function retriesOf(retries: RetryPolicy | undefined, policy: TrafficPolicy): RetryPolicy | undefined {
  if (retries === undefined || policy.loadBalancer?.consistentHash === undefined) return retries;
  return { ...retries, staysAtHost: true };
}

/**
 * An HTTP proxy of Istio's says in the ALPN which HTTP it speaks, and a server's port that sniffs goes by that
 * (pilot/pkg/xds/filters/filters.go, Alpn).
 */
function withHttpAlpn(transport: Transport, payload: Payload): Transport {
  if (transport.mode !== "ISTIO_MUTUAL" || payload.kind !== "http") return transport;
  const alpn = payload.version === "http2" ? ["istio-h2", "istio", "h2"] : ["istio-http/1.1", "istio", "http/1.1"];
  return { ...transport, alpn };
}

/** What an endpoint is dialled at. */
export function destinationOf({ workload, address = "", port }: MeshEndpoint): Destination {
  if (workload !== undefined) return { kind: "pod", workload, port };
  return { kind: "address", address, port, isHostname: !isIp(address) };
}

/** HTTP/2 where the port's protocol or the rule says so; what the client spoke where the port's protocol is sniffed. */
function upstreamPayload(payload: Payload, { port, policy, proxy }: Upstream, proxied: "http" | "tcp"): Payload {
  if (proxied === "tcp" || payload.kind !== "http") return payload;
  const { clientVersion = payload.version } = payload;
  const http = policy.connectionPool?.http;
  if (http?.h2UpgradePolicy === "UPGRADE" || isHttp2(port.protocol))
    return { ...payload, version: "http2", clientVersion };
  const keeps = http?.useClientProtocol === true || (port.protocol === "Auto" && proxy.proxy === "sidecar");
  return keeps ? payload : { ...payload, version: "http1", clientVersion };
}

function authorityOf(payload: Payload): string | undefined {
  return payload.kind === "http" ? payload.authority : undefined;
}

function policyHop(
  { cluster, rule, policy, service, subset }: Upstream,
  { transport, tlsField }: { readonly transport: Transport; readonly tlsField: string },
): TraceHop {
  const { tls } = policy;
  const isTold = rule !== undefined && tls !== undefined;
  const inSubset = subset !== undefined && tlsField.startsWith("spec.subsets");
  const from = inSubset ? rule?.subsets.find((each) => each.subset.name === subset)?.from : rule?.policyFrom;
  const decided = isTold && from !== undefined;
  return passed({
    name: "policy",
    cluster: cluster.name,
    detail: `${isTold ? "" : service.isExternal ? "outside the mesh: " : "auto mTLS: "}${showTransport(transport)}`,
    source: "pilot/pkg/networking/core/cluster_tls.go",
    ...(rule === undefined ? {} : { object: clusterObject(cluster.name, from ?? rule.policyFrom) }),
    ...(decided ? { field: `${tlsField}.tls` } : {}),
    ...assumed(transport, policy, service.host),
  });
}

/** What a rule relies on: certificates that are not the mesh's, and that no endpoint is ejected. */
function assumed(
  transport: Transport,
  { outlierDetection }: TrafficPolicy,
  host: string,
): { readonly assumes?: readonly Assumption[] } {
  const certificates: readonly Assumption[] =
    transport.mode === "SIMPLE" || transport.mode === "MUTUAL"
      ? [{ about: "credential", detail: `${host} and the proxy trust each other's certificates` }]
      : [];
  const health: readonly Assumption[] =
    outlierDetection === undefined ? [] : [{ about: "health", detail: `no endpoint of ${host} is ejected` }];
  const all = [...certificates, ...health];
  return all.length === 0 ? {} : { assumes: all };
}

function showTransport(transport: Transport): string {
  if (transport.mode === "none") return "no TLS of the proxy's own";
  const { mode, sni, acceptedSubjectAltNames: names } = transport;
  const accepts = names.length === 0 ? "any name" : names.join(", ");
  return `TLS ${mode}, SNI ${sni === "" ? "none" : sni}, accepts ${accepts}`;
}

function endpointHop(cluster: IstioCluster) {
  return { name: "endpoints", cluster: cluster.name, source: endpointSource } as const;
}

/** The proxy dials the address that the client dialled: headless Services, resolution NONE. */
function toOriginal(open: OpenUpstream, upstream: Upstream, tlsField: string): ClientStep {
  const { cluster, port, service } = upstream;
  const { dialled } = open;
  if (dialled === undefined) {
    return ended(open, [], { kind: "unknown", why: `${service.host} has no endpoints for a gateway` });
  }
  const transport = upstreamTls(upstream, undefined, authorityOf(open.payload));
  // A ServiceEntry's targetPort takes the place of the port that was dialled.
  const override = !service.isKubernetes && typeof port.targetPort === "number" ? port.targetPort : undefined;
  const destination = override === undefined ? dialled : { ...dialled, port: override };
  const hop = passed({
    ...endpointHop(cluster),
    object: clusterObject(cluster.name, service.object),
    detail: `the address that was dialled: ${showDestination(destination)}`,
    source: clusterSource,
  });
  const way = { probability: open.probability, hosts: 1, destination, hop };
  return attemptOf(open, upstream, { transport, tlsField }, way);
}

export function showDestination(destination: Destination): string {
  return destination.kind === "pod"
    ? `pod ${destination.workload.name}, port ${destination.port}`
    : showHostPort(destination.address, destination.port);
}

/** What the client sees when its proxy finds no way on: NC, UH and the like. */
export function failure(proxied: "http" | "tcp", responseFlag: string): TraceOutcome {
  if (proxied === "http") return { kind: "refused", status: 503, responseFlag };
  return { kind: "reset", responseFlag: responseFlag === "UF" ? "UF,URX" : responseFlag };
}

function ended(open: OpenUpstream, more: readonly TraceHop[], outcome: TraceOutcome): ClientStep {
  const upstream = { host: open.target.host, port: open.target.port };
  const hops = [...open.hops, ...more.map((hop) => ({ ...hop, upstream }))];
  return { kind: "ended", probability: open.probability, hops, outcome };
}

function unknownUpstream(open: OpenUpstream, isPortMissing: boolean): ClientStep {
  const { cluster, proxy, target, proxied } = open;
  const missing: TraceOutcome =
    proxied === "http" && target.missing !== undefined
      ? { kind: "refused", ...target.missing }
      : failure(proxied, "NC");
  const hidden = isPortMissing ? undefined : hiddenOf(cluster, proxy, servicesOfHost(cluster, target.host));
  if (hidden !== undefined) {
    const { chosenBy } = target;
    const others = chosenBy === undefined ? [] : [{ ...chosenBy, part: "leads there" }];
    const hop = hiddenHop({ cluster, proxy, ...hidden, called: target.host }, "route");
    return ended(open, [{ ...hop, others: [...(hop.others ?? []), ...others] }], missing);
  }
  const what = isPortMissing ? `port ${target.port} of ${target.host}` : target.host;
  const hop = broken({
    name: "route",
    cluster: cluster.name,
    ...(target.chosenBy === undefined
      ? {}
      : {
          object: target.chosenBy.object,
          field: `${target.chosenBy.field}.destination.${isPortMissing ? "port" : "host"}`,
        }),
    code: "TRACE_DESTINATION_UNKNOWN",
    detail: `the route leads to ${what}, which the proxy does not know`,
    fix: isPortMissing
      ? say`Name a port that ${{ host: target.host }} has, or add ${{ port: target.port }} to it.`
      : say`Declare ${{ host: target.host }} as a Service or ServiceEntry that namespace ${{ namespace: open.proxy.namespace }} can see, or correct the name.`,
    source: "pilot/pkg/networking/core/route/route.go, GetDestinationCluster",
  });
  return ended(open, [hop], missing);
}

function unknownSubset(open: OpenUpstream, rule: MergedRule | undefined): ClientStep {
  const { cluster, target, proxied } = open;
  const hop = broken({
    name: "route",
    cluster: cluster.name,
    ...(target.chosenBy === undefined
      ? {}
      : { object: target.chosenBy.object, field: `${target.chosenBy.field}.destination.subset` }),
    code: "TRACE_SUBSET_UNKNOWN",
    detail:
      rule === undefined
        ? say`subset ${{ subset: target.subset }} is asked for, but no DestinationRule of ${{ host: target.host }} holds here`
        : say`subset ${{ subset: target.subset }} is not in ${{ object: clusterObject(cluster.name, rule.policyFrom) }}`,
    fix: say`Add the subset to a DestinationRule of ${{ host: target.host }} that namespace ${{ namespace: open.proxy.namespace }} sees, or route without it.`,
    source: "pilot/pkg/networking/core/cluster_builder.go, buildSubsetCluster",
  });
  return ended(open, [hop], failure(proxied, "NC"));
}

/** Which endpoints belong to the subset depends on what no object tells. */
function untoldSubset(open: OpenUpstream, { subset, from, field }: PlacedSubset, hidden: string): ClientStep {
  const { cluster } = open;
  const why = `whether endpoints of ${open.target.host} belong to subset ${subset.name} cannot be told (${hidden})`;
  const object = clusterObject(cluster.name, from);
  const hop = unsure({ ...endpointHop(cluster), object, field: `${field}.labels`, detail: why });
  return ended(open, [hop], { kind: "unknown", why });
}

function noEndpoints(
  open: OpenUpstream,
  { cluster, service, port, subset: subsetName }: Upstream,
  found: {
    readonly endpoints: readonly MeshEndpoint[];
    readonly inSubset: readonly MeshEndpoint[];
    readonly subset: PlacedSubset | undefined;
  },
): ClientStep {
  const object = clusterObject(cluster.name, service.object);
  const isSubset = found.endpoints.some(({ isHealthy }) => isHealthy) && found.subset !== undefined;
  const [unready] = found.inSubset;
  // A cluster of DNS names without any is not made at all.
  const flag = service.resolution === "dns" ? "NC" : "UH";
  if (isSubset && found.subset !== undefined) {
    const hop = broken({
      ...endpointHop(cluster),
      object: clusterObject(cluster.name, found.subset.from),
      field: `${found.subset.field}.labels`,
      code: "TRACE_SUBSET_EMPTY",
      detail: say`no endpoint of ${{ host: service.host }} has the labels of subset ${{ subsetName }}`,
      fix: say`Correct the labels of subset ${{ subsetName }}, or those of the pods.`,
    });
    return ended(open, [hop], failure(open.proxied, flag));
  }
  const hop = broken({
    ...endpointHop(cluster),
    object: unready?.object ?? object,
    field: unready === undefined ? (service.isKubernetes ? "spec.selector" : "spec.endpoints") : "status.conditions",
    code: "TRACE_NO_ENDPOINTS",
    detail:
      unready === undefined
        ? say`nothing serves port ${{ number: port.number }} of ${{ host: service.host }}: ${{ object }} has no endpoint for it`
        : say`none of the ${{ inSubset: found.inSubset.length }} endpoints of ${{ host: service.host }} is ready`,
    fix:
      unready === undefined
        ? say`Start pods that ${{ object }} selects and that have its target port, or correct its ${service.isKubernetes ? "selector" : "endpoints"}.`
        : say`Find out why ${{ object: unready.object }} is not ready: kubectl describe it.`,
  });
  return ended(open, [hop], failure(open.proxied, flag));
}
