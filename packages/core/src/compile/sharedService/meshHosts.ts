import { say } from "../../findings/index.ts";
import { at, needsRoutes } from "../../model/index.ts";
import type { CompileContext } from "../declaration/compileContext.ts";
import { addressToCome, type NamedHost, namedHost } from "../declaration/namedHost.ts";
import { placements } from "../declaration/placement.ts";
import type { Consumer } from "../declaration/resolveConsumers.ts";
import { warnOfBypass } from "./bypass.ts";
import { commonPorts } from "./commonPorts.ts";
import { declaredPath } from "./declaredPath.ts";
import { type MeshName, meshDestinationRule, meshObjectName, meshServiceEntry } from "./meshName.ts";
import { hostName, type PartDemand, partHost } from "./perClusterHosts.ts";
import type { ResolvedService, Server } from "./resolvedService.ts";
import { partsOf, routingOf } from "./routing.ts";
import { passthroughHost } from "./serverSide.ts";
import { spreadOf } from "./spread.ts";
import { identities } from "./version.ts";
import { type RoutedName, virtualService } from "./virtualService.ts";

type Trusted = (consumer: Consumer, server: Server, shared: ResolvedService) => boolean;

interface MeshHosts {
  readonly hosts: readonly NamedHost[];
  /** What their routes lead to. */
  readonly demands: readonly PartDemand[];
}

/** Names of the form `httpbin.bar.mesh` for a service that asks for them. */
export function meshHosts(shared: ResolvedService, trusted: Trusted, context: CompileContext): MeshHosts {
  if (!shared.intent.spec.as.includes("Mesh")) return { hosts: [], demands: [] };
  const names = shared.consumers.flatMap((consumer) => meshHost(shared, consumer, trusted, context) ?? []);
  return { hosts: names.map(({ named }) => named), demands: names.flatMap(({ demands }) => demands) };
}

function meshHost(
  shared: ResolvedService,
  consumer: Consumer,
  trusted: Trusted,
  context: CompileContext,
): { readonly named: NamedHost; readonly demands: readonly PartDemand[] } | undefined {
  const { mesh, report } = context;
  const template = mesh.spec.names.mesh;
  const host = hostName(template, { service: shared.service, namespace: shared.namespace, cluster: "" });
  if (host === undefined) {
    report.add(
      shared.owner,
      "NAME_TEMPLATE_INVALID",
      at(mesh, "spec", "names", "mesh"),
      say`${{ template }} yields no valid host name for ${{ namespace: shared.namespace }}/${{ service: shared.service }}`,
      "a host name has at most 253 characters and 63 between dots",
    );
    return undefined;
  }
  const candidates = shared.servers.filter((server) => trusted(consumer, server, shared));
  if (candidates.length === 0 || !haveAddresses(shared, candidates, context)) return undefined;
  const byCluster = spreadOf(shared, candidates, undefined, report);
  const routing = routingOf(shared, byCluster);
  // The routes give the weights then, to clusters and versions alike.
  const spread = routing.split === undefined ? byCluster : { ...byCluster, weights: undefined };
  if (!needsRoutes(shared.intent.spec.traffic)) warnOfBypass(shared, consumer, host, context);
  const ports = commonPorts(shared, spread.servers, report);
  if (ports === undefined) return undefined;
  const name: MeshName = {
    shared,
    host,
    ports,
    spread,
    passthroughHost: passthroughHost(shared, mesh),
    identities: [...new Set(spread.servers.flatMap((server) => identities(shared, server)))].sort(),
    consumer: consumer.facts.name,
  };
  const routed: RoutedName = {
    shared,
    host,
    ports,
    routing,
    targetOf: (part) => ({ host: partHost(shared, part, mesh) ?? host }),
  };
  const claim = {
    owner: shared.owner,
    facts: consumer.facts,
    namespaces: consumer.namespaces,
    host,
    ports: ports.map(({ number }) => number),
    meaning: `${shared.owner} mesh`,
    place: at(shared.intent, "spec", "as"),
    remedy: "use {service} and {namespace} in spec.names.mesh of the Mesh",
    ruleRemedy: "what it sets belongs in spec.traffic of the SharedService",
    writesRoutes: needsRoutes(shared.intent.spec.traffic),
    entries: meshObjectName(shared),
  };
  const named = namedHost(claim, mesh, (own) => emitName({ name, routed, consumer }, own));
  return { named, demands: partsOf(routing).map((part) => ({ shared, consumer, part })) };
}

/** Endpoints by DNS are resolved only now and then, and hold one locality: weights need addresses. `why`: what does need them. */
export function haveAddresses(
  shared: ResolvedService,
  servers: readonly Server[],
  { report }: CompileContext,
  why = "a name for several clusters needs IP addresses",
): boolean {
  for (const { facts, gateways } of servers) {
    const named = gateways.find(({ isHostname }) => isHostname);
    if (named === undefined) continue;
    report.add(
      shared.owner,
      "GATEWAY_ADDRESS_UNSUPPORTED",
      { kind: "MeshCluster", name: facts.name, field: "spec.eastWestGateway" },
      say`the gateway of ${{ cluster: facts.name }} has the host name ${{ address: named.address }}, but ${why}`,
      "give `addresses` there, or use the name form PerCluster",
    );
    return false;
  }
  return true;
}

function emitName(
  { name, routed, consumer }: { readonly name: MeshName; readonly routed: RoutedName; readonly consumer: Consumer },
  context: CompileContext,
): void {
  const { shared, host, ports, spread } = name;
  const cluster = consumer.facts.name;
  for (const placement of placements(consumer.namespaces, context.mesh)) {
    const routes = virtualService(routed, placement);
    context.emit(cluster, meshDestinationRule(name, placement), meshServiceEntry(name, addressToCome, placement));
    if (routes !== undefined) context.emit(cluster, routes);
  }
  for (const server of spread.servers) {
    for (const namespace of consumer.namespaces ?? ["*"]) {
      for (const port of ports) {
        const path = declaredPath(shared, server, context.mesh, { host, port, cluster, namespace });
        context.declare({ ...path, identities: name.identities });
      }
    }
  }
}
