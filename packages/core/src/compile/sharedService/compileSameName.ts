import { say } from "../../findings/index.ts";
import { isVisible, labelsMatch } from "../../istio/index.ts";
import { registeredService, workloadsBehind } from "../../istio/registry/index.ts";
import { clusterObject, importLabel, isNamedAsOurs, type Service } from "../../kinds/index.ts";
import { at, needsRoutes } from "../../model/index.ts";
import { isDiscovered } from "../declaration/checkDiscovery.ts";
import { callersIn, checkSidecars } from "../declaration/checkSidecars.ts";
import { checkPinnedTrustDomain } from "../declaration/checkTrust.ts";
import { reportRoutes, routesInTheWay, ruleInTheWay } from "../declaration/claims.ts";
import type { CompileContext } from "../declaration/compileContext.ts";
import { placements } from "../declaration/placement.ts";
import type { Consumer } from "../declaration/resolveConsumers.ts";
import { warnOfBypass } from "./bypass.ts";
import { commonPorts } from "./commonPorts.ts";
import { declaredPath } from "./declaredPath.ts";
import { haveAddresses } from "./meshHosts.ts";
import { type PartDemand, partHost } from "./perClusterHosts.ts";
import type { ResolvedService, Server, SharedPort } from "./resolvedService.ts";
import { localHost } from "./resolvedService.ts";
import { partsOf, type Routing, routingOf } from "./routing.ts";
import {
  importedService,
  ownPart,
  ownPartRule,
  type RemoteEndpoints,
  remoteEndpoints,
  sameNameRule,
} from "./sameName.ts";
import { passthroughHost } from "./serverSide.ts";
import { type Spread, spreadOf } from "./spread.ts";
import { ownRegion, spreadSettings } from "./trafficSettings.ts";
import type { Part } from "./version.ts";
import { virtualService } from "./virtualService.ts";

/**
 * The service under its own name in every consuming cluster of one SharedService: imported where it is missing, else merged. Gives
 * what the callers' routes lead to.
 */
export function compileSameName(
  shared: ResolvedService,
  trusted: (consumer: Consumer, server: Server, shared: ResolvedService) => boolean,
  context: CompileContext,
): readonly PartDemand[] {
  return shared.consumers.flatMap((consumer) => {
    const { name } = consumer.facts;
    const remote = shared.servers.filter(
      (server) =>
        server.facts.name !== name &&
        trusted(consumer, server, shared) &&
        checkPinnedTrustDomain(shared.owner, consumer.facts, server.facts, context.report),
    );
    const local = localService(shared, consumer);
    // A cluster that serves alone needs nothing to find its own pods, but routes to tell them apart.
    const serves = local !== undefined && shared.servers.some(({ facts }) => facts.name === name);
    const isRouted = serves && needsRoutes(shared.intent.spec.traffic);
    if ((remote.length === 0 && !isRouted) || !canReachBySameName(shared, consumer, remote, context)) return [];
    const needed = {
      facts: consumer.facts,
      namespace: shared.namespace,
      what: `Service ${shared.namespace}/${shared.service}`,
      place: at(shared.intent, "spec", "as"),
    };
    if (!isDiscovered(shared.owner, needed, context.report)) return [];
    const host = localHost(shared, context.mesh);
    warnOfBypass(shared, consumer, host, context);
    checkSidecars(
      {
        ...consumer,
        host,
        standsIn: () => shared.namespace,
        ports: (remote[0] ?? shared.servers[0])?.ports.map(({ number }) => number) ?? [],
        place: at(shared.intent, "spec", "as"),
      },
      context.report,
    );
    if (local === undefined) return importService(shared, consumer, remote, context);
    return mergeService(shared, consumer, { local, remote }, context);
  });
}

/** The user's own Service of this name; one that we imported is none. */
function localService(shared: ResolvedService, { facts }: Consumer): Service | undefined {
  const service = facts.service(shared.namespace, shared.service);
  return service === undefined || isNamedAsOurs(service) ? undefined : service;
}

function clientNamespaces({ facts, namespaces }: Consumer): Iterable<string> {
  return namespaces ?? facts.namespaces.keys();
}

function importService(
  shared: ResolvedService,
  consumer: Consumer,
  remote: readonly Server[],
  context: CompileContext,
): readonly PartDemand[] {
  const cluster = consumer.facts.name;
  if (!consumer.facts.namespaces.has(shared.namespace)) {
    context.report.add(
      shared.owner,
      "NAMESPACE_MISSING",
      at(shared.intent, "spec", "as"),
      say`${{ cluster }} has no namespace ${{ namespace: shared.namespace }}, in which the Service is to appear`,
      say`kubectl --context ${{ cluster }} create namespace ${{ namespace: shared.namespace }}`,
    );
    return [];
  }
  const byCluster = spreadOf(shared, remote, undefined, context.report);
  const routing = routingOf(shared, byCluster);
  const spread = withoutWeightsOf(byCluster, routing);
  const ports = commonPorts(shared, spread.servers, context.report);
  if (ports === undefined) return [];
  const hosts = { host: localHost(shared, context.mesh), passthroughHost: passthroughHost(shared, context.mesh) };
  context.emit(
    cluster,
    sameNameRule(shared, hosts, ports, spreadSettings(shared, spread, { cluster }), consumer.namespaces ?? ["*"]),
    importedService(shared, ports, consumer.namespaces),
  );
  const numbers = new Set(ports.map(({ number }) => number));
  const target = {
    selector: { [importLabel]: shared.service },
    portKeys: ports.map(({ name }) => name),
    spread: { ...spread, servers: spread.servers.map((server) => withPorts(server, numbers)) },
  };
  emitRemote(shared, consumer, target, context);
  return emitRoutes(shared, consumer, { ports, routing }, context);
}

function mergeService(
  shared: ResolvedService,
  consumer: Consumer,
  { local, remote: all }: { readonly local: Service; readonly remote: readonly Server[] },
  context: CompileContext,
): readonly PartDemand[] {
  const remote = withPortsOf(shared, consumer, { local, remote: all }, context);
  const portKeys = remote.length === 0 ? [] : mergePorts(shared, consumer, { local, remote }, context);
  if (portKeys === undefined || !isMeshed(shared, consumer, local, context)) return [];
  if (remote.length > 0 && !isSelectedAlone(shared, consumer, local, context)) return [];
  if (!isExported(shared, consumer, local, context)) return [];
  const { name } = consumer.facts;
  const ports = (remote[0] ?? shared.servers.find(({ facts }) => facts.name === name))?.ports;
  if (ports === undefined) return [];
  const byCluster = spreadOf(shared, remote, name, context.report);
  const routing = routingOf(shared, byCluster);
  const spread = withoutWeightsOf(byCluster, routing);
  const needsRegion = remote.length > 0 && spread.weights?.has(name) === true;
  const region = needsRegion ? ownRegion(shared, consumer.facts, context.report) : "";
  if (region === undefined) return [];
  const hosts = { host: localHost(shared, context.mesh), passthroughHost: passthroughHost(shared, context.mesh) };
  const settings = spreadSettings(shared, remote.length === 0 ? { ...spread, weights: undefined } : spread, {
    cluster: name,
    region,
  });
  context.emit(name, sameNameRule(shared, hosts, ports, settings, ["*"]));
  emitRemote(shared, consumer, { selector: local.spec.selector ?? {}, portKeys, spread }, context);
  for (const { cluster, labels } of partsOf(routing)) {
    if (cluster !== name) continue;
    const own = ownPart(shared, labels, passthroughHost(shared, context.mesh, labels));
    context.emit(name, ownPartRule(shared, hosts.host, ports, own));
  }
  return emitRoutes(shared, consumer, { ports, routing }, context);
}

/** Where routes give the weights, to clusters and versions alike, endpoints have none. */
function withoutWeightsOf(spread: Spread, { split }: Routing): Spread {
  return split === undefined ? spread : { ...spread, weights: undefined };
}

/** Own pods are called directly, those of other clusters by the names of their parts. */
function emitRoutes(
  shared: ResolvedService,
  consumer: Consumer,
  { ports, routing }: { readonly ports: readonly SharedPort[]; readonly routing: Routing },
  context: CompileContext,
): readonly PartDemand[] {
  const { mesh } = context;
  const { name } = consumer.facts;
  const host = localHost(shared, mesh);
  const targetOf = (part: Part) =>
    part.cluster === name
      ? { host, subset: ownPart(shared, part.labels, "").subset }
      : { host: partHost(shared, part, mesh) ?? host };
  for (const placement of placements(consumer.namespaces, mesh)) {
    const routes = virtualService({ shared, host, ports, routing, targetOf }, placement);
    if (routes !== undefined) context.emit(name, routes);
  }
  return partsOf(routing)
    .filter(({ cluster }) => cluster !== name)
    .map((part) => ({ shared, consumer, part }));
}

function emitRemote(
  shared: ResolvedService,
  consumer: Consumer,
  target: RemoteEndpoints,
  context: CompileContext,
): void {
  for (const server of target.spread.servers) {
    context.emit(consumer.facts.name, ...remoteEndpoints(shared, server, target));
    declarePaths(shared, consumer, server, context);
  }
}

function withPorts(server: Server, numbers: ReadonlySet<number>): Server {
  return { ...server, ports: server.ports.filter(({ number }) => numbers.has(number)) };
}

/** The remote servers with the ports that the local Service has, too: its others are called by no name of the local one. */
function withPortsOf(
  shared: ResolvedService,
  consumer: Consumer,
  { local, remote }: { readonly local: Service; readonly remote: readonly Server[] },
  { report }: CompileContext,
): readonly Server[] {
  const carried = (local.spec.ports ?? []).filter(({ protocol }) => protocol !== "UDP" && protocol !== "SCTP");
  // Then no endpoint can join it, which is told in whole.
  if (carried.length === 0) return remote;
  const numbers = new Set(carried.map(({ port }) => port));
  const what = `Service ${shared.namespace}/${shared.service}`;
  for (const server of remote) {
    for (const { number } of server.ports.filter((port) => !numbers.has(port.number))) {
      report.add(
        shared.owner,
        "PORT_LEFT_OUT",
        at(shared.intent, "spec", "as"),
        say`port ${{ number }} of ${what} in ${{ cluster: server.facts.name }} cannot be called by the Service's own name in ${{ cluster2: consumer.facts.name }}, whose ${what} has no such port`,
        say`add port ${{ number }} to the Service in ${{ cluster: consumer.facts.name }}, or use the name form PerCluster for it`,
      );
    }
  }
  return remote.map((server) => withPorts(server, numbers));
}

/**
 * Istio joins a WorkloadEntry to *every* port of the Service and finds the endpoint's port by the name of the Service's
 * port, or of its target port where that is a name. istio/pilot/pkg/serviceregistry/kube/controller, findServiceTargetPort
 */
function mergePorts(
  shared: ResolvedService,
  consumer: Consumer,
  { local, remote }: { readonly local: Service; readonly remote: readonly Server[] },
  { report }: CompileContext,
): readonly string[] | undefined {
  const what = `Service ${shared.namespace}/${shared.service} in ${consumer.facts.name}`;
  if (local.spec.clusterIP === "None" || Object.keys(local.spec.selector ?? {}).length === 0) {
    report.add(
      shared.owner,
      "SERVICE_UNSUPPORTED",
      at(shared.intent, "spec", "as"),
      say`${what} is headless or selects no pods, so endpoints of other clusters cannot join it`,
      "use the name form PerCluster for it",
    );
    return undefined;
  }
  // Endpoints of other clusters are on no node. istio/pilot/pkg/xds/endpoints/endpoint_builder.go, filterIstioEndpoint
  if (local.spec.internalTrafficPolicy === "Local") {
    report.add(
      shared.owner,
      "SERVICE_UNSUPPORTED",
      at(shared.intent, "spec", "as"),
      say`${what} has internalTrafficPolicy: Local, so its callers reach only pods of their own node and none of other clusters`,
      "remove that from the Service, or use the name form PerCluster for it",
    );
    return undefined;
  }
  let complete = true;
  const keys = (local.spec.ports ?? []).flatMap((port) => {
    if (port.protocol === "UDP" || port.protocol === "SCTP") return [];
    for (const server of remote) {
      if (server.ports.some(({ number }) => number === port.port)) continue;
      complete = false;
      report.add(
        shared.owner,
        "PORT_MISMATCH",
        at(shared.intent, "spec", shared.intent.spec.ports === undefined ? "servedBy" : "ports"),
        say`${what} has port ${{ port: port.port }}, which ${{ cluster: server.facts.name }} does not share; remote endpoints join all ports of a Service`,
        "share the same ports everywhere, or use the name form PerCluster",
      );
    }
    const key = typeof port.targetPort === "string" ? port.targetPort : port.name;
    if (key !== undefined) return [key];
    complete = false;
    report.add(
      shared.owner,
      "PORT_MISMATCH",
      at(shared.intent, "spec", "as"),
      say`port ${{ port: port.port }} of ${what} has no name, which remote endpoints need to find it by`,
      "name the port in the Service",
    );
    return [];
  });
  if (complete && keys.length === 0) {
    complete = false;
    report.add(
      shared.owner,
      "PORT_MISMATCH",
      at(shared.intent, "spec", "as"),
      say`${what} has no TCP port that endpoints of other clusters could join`,
      "use the name form PerCluster for it",
    );
  }
  return complete ? keys : undefined;
}

/** One rule holds for all endpoints of the Service: local pods without a sidecar would no longer be reached. */
function isMeshed(shared: ResolvedService, consumer: Consumer, local: Service, { report }: CompileContext): boolean {
  const bare = workloadsBehind(consumer.facts, local).filter(({ isMutualTls }) => !isMutualTls);
  if (bare.length === 0) return true;
  report.add(
    shared.owner,
    "SIDECAR_MISSING",
    at(shared.intent, "spec", "as"),
    say`${{ bare: bare.length }} workloads behind ${{ service: { cluster: consumer.facts.name, kind: "Service", namespace: shared.namespace, name: shared.service } }} in ${{ cluster: consumer.facts.name }} have no sidecar; where remote endpoints join, all calls use mutual TLS`,
    "restart them with injection on, or use the name form PerCluster",
  );
  return false;
}

/** Another Service that selects the same labels would get the remote endpoints too, and lose the calls it sends there. */
function isSelectedAlone(
  shared: ResolvedService,
  consumer: Consumer,
  local: Service,
  { report }: CompileContext,
): boolean {
  const labels = { ...local.spec.selector };
  const other = consumer.facts
    .in("Service", shared.namespace)
    .find(
      ({ metadata, spec }) =>
        metadata.name !== local.metadata.name &&
        Object.keys(spec.selector ?? {}).length > 0 &&
        labelsMatch(spec.selector ?? {}, labels),
    );
  if (other === undefined) return true;
  report.add(
    shared.owner,
    "SELECTOR_SHARED",
    at(shared.intent, "spec", "as"),
    say`${{ service: { cluster: consumer.facts.name, kind: "Service", namespace: shared.namespace, name: other.metadata.name } }} in ${{ cluster: consumer.facts.name }} selects the same labels as ${{ service2: shared.service }} and would get its remote endpoints`,
    "give one of the two a label of its own, or use the name form PerCluster",
  );
  return false;
}

/** The local Service is the user's: whom it is exported to is theirs to say. */
function isExported(
  shared: ResolvedService,
  { facts, namespaces }: Consumer,
  local: Service,
  { report }: CompileContext,
): boolean {
  const service = registeredService(facts, local);
  const calling = namespaces ?? [...facts.namespaces.keys()].filter((each) => callersIn(facts, each).length > 0);
  const hidden = calling.filter((namespace) => !isVisible(service, namespace));
  if (hidden.length === 0) return true;
  report.add(
    shared.owner,
    "SERVICE_NOT_EXPORTED",
    at(shared.intent, "spec", "consumers"),
    say`${{ service: { cluster: facts.name, kind: "Service", namespace: shared.namespace, name: shared.service } }} in ${{ cluster: facts.name }} is not exported to namespace ${{ hidden }}`,
    "add the namespaces to its annotation networking.istio.io/exportTo, or use the name form PerCluster",
  );
  return false;
}

function canReachBySameName(
  shared: ResolvedService,
  consumer: Consumer,
  remote: readonly Server[],
  context: CompileContext,
): boolean {
  if (!haveAddresses(shared, remote, context, "endpoints of a Service must be IP addresses")) return false;
  const { mesh, report } = context;
  const host = localHost(shared, mesh);
  const routes = needsRoutes(shared.intent.spec.traffic)
    ? routesInTheWay(consumer.facts, host, consumer.namespaces)
    : undefined;
  if (routes !== undefined) {
    const place = at(shared.intent, "spec", "traffic");
    reportRoutes({ owner: shared.owner, place, cluster: consumer.facts.name, host, routes }, report);
    return false;
  }
  const rule = ruleInTheWay(
    consumer.facts,
    { host, namespace: shared.namespace },
    // Whoever calls a Service that is merged meets the remote endpoints, declared as a consumer or not.
    localService(shared, consumer) === undefined ? clientNamespaces(consumer) : consumer.facts.namespaces.keys(),
  );
  if (rule !== undefined) {
    report.add(
      shared.owner,
      "DESTINATION_RULE_CONFLICT",
      at(shared.intent, "spec", "as"),
      say`${{ destinationRule: clusterObject(consumer.facts.name, rule) }} in ${{ cluster: consumer.facts.name }} covers ${{ host }}, which needs one of ours; two for one host do not merge`,
      "remove it or narrow its host, or use the name form PerCluster",
    );
    return false;
  }
  return true;
}

function declarePaths(shared: ResolvedService, consumer: Consumer, server: Server, context: CompileContext): void {
  const host = localHost(shared, context.mesh);
  for (const namespace of consumer.namespaces ?? ["*"]) {
    for (const port of server.ports) {
      context.declare(
        declaredPath(shared, server, context.mesh, { host, port, cluster: consumer.facts.name, namespace }),
      );
    }
  }
}
