import { say } from "../../findings/index.ts";
import { exportToAnnotation, isCoveredBy, isVisible, serviceHost, tlsModeLabel } from "../../istio/index.ts";
import { registeredService } from "../../istio/registry/index.ts";
import {
  clusterObject,
  dnsLabel,
  type Gateway,
  networkingApiVersion,
  ownershipLabels,
  type Service,
} from "../../kinds/index.ts";
import { at, type Mesh, restrictsCallers } from "../../model/index.ts";
import type { CompileContext } from "../declaration/compileContext.ts";
import { foreignGateways } from "../declaration/foreignGateways.ts";
import type { Report } from "../declaration/report.ts";
import type { ResolvedService, Server } from "./resolvedService.ts";
import { localHost } from "./resolvedService.ts";
import { type VersionLabels, valuesOf, versionKey, versionsAt } from "./version.ts";

/**
 * Whether consumers address the service through a Service of its own at each server, see `entryService`:
 * - where a cluster merges remote endpoints into its Service, a gateway that passes the Service's own name through would
 *   send calls on to the other cluster's gateway, which sends them back (docs/decisions/0003-entry-service.md);
 * - where only some ports are shared, since AUTO_PASSTHROUGH opens all ports of a name;
 * - where the gateway's namespace does not see the Service itself (its exportTo, or the mesh's default);
 * - where a server's Service has internalTrafficPolicy Local: by it each gateway pod reaches only the pods of its own node
 *   (istio/pilot/pkg/xds/endpoints/endpoint_builder.go, filterIstioEndpoint);
 * - where calls from other clusters, or all others, are held to rules, which know them by this SNI (compileAccess,
 *   compileLocalAccess).
 */
function hasEntryService({ intent, servers }: ResolvedService, mesh: Mesh): boolean {
  return (
    intent.spec.as.includes("SameName") ||
    intent.spec.ports !== undefined ||
    restrictsCallers(intent.spec, mesh) ||
    mesh.spec.access.localCallers === "Consumers" ||
    servers.some(({ facts, service, cluster }) => {
      const isSeen = isVisible(registeredService(facts, service), cluster.spec.eastWestGateway.namespace);
      return !isSeen || service.spec.internalTrafficPolicy === "Local";
    })
  );
}

/**
 * The host that a server's gateway passes through to its own pods, or to those of one version: what the SNI of consumers names.
 */
export function passthroughHost(shared: ResolvedService, mesh: Mesh, version?: VersionLabels): string {
  return version !== undefined || hasEntryService(shared, mesh)
    ? serviceHost(entryServiceName(shared, version), shared.namespace, mesh.spec)
    : localHost(shared, mesh);
}

/** All that a server's gateway passes through: the service and each version that is told apart there. */
export function passthroughHosts(shared: ResolvedService, server: Server, mesh: Mesh): readonly string[] {
  return [undefined, ...versionsAt(shared, server)].map((version) => passthroughHost(shared, mesh, version));
}

function entryServiceName(shared: ResolvedService, version: VersionLabels | undefined): string {
  if (version === undefined) return dnsLabel([shared.service, "entry"], [shared.namespace]);
  return dnsLabel([shared.service, "entry", valuesOf(version)], [shared.namespace, versionKey(version)]);
}

/** What a serving cluster needs so that consumers get in. */
export function compileServers(shared: ResolvedService, context: CompileContext): void {
  for (const server of shared.servers) {
    if (hasEntryService(shared, context.mesh)) context.emit(server.facts.name, entryService(shared, server, undefined));
    for (const version of versionsAt(shared, server)) {
      context.emit(server.facts.name, entryService(shared, server, version));
    }
    for (const host of passthroughHosts(shared, server, context.mesh)) {
      if (foreignGateway(shared, server, host, context.report) !== undefined) continue;
      context.emit(server.facts.name, passthroughGateway(shared, server, host));
    }
  }
}

/**
 * The shared ports of the pods with a sidecar, or of one version of them, for the gateway alone. WorkloadEntries that stand for other clusters carry
 * the Service's labels but no TLS mode, so they are none of its endpoints.
 */
function entryService(shared: ResolvedService, server: Server, version: VersionLabels | undefined): Service {
  const open = new Set(server.ports.map(({ number }) => number));
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: entryServiceName(shared, version),
      namespace: shared.namespace,
      labels: ownershipLabels(shared.owner, "server"),
      annotations: { [exportToAnnotation]: server.cluster.spec.eastWestGateway.namespace },
    },
    spec: {
      ports: (server.service.spec.ports ?? [])
        .filter(({ port }) => open.has(port))
        .map(({ name, port, targetPort, appProtocol }) => ({
          name: name ?? `port-${port}`,
          port,
          targetPort: targetPort ?? port,
          protocol: "TCP",
          ...(appProtocol === undefined ? {} : { appProtocol }),
        })),
      selector: { ...version, ...server.service.spec.selector, [tlsModeLabel]: "istio" },
    },
  };
}

/**
 * Lets consumers reach exactly this host through the passthrough port (recipes, section 2). AUTO_PASSTHROUGH takes the
 * destination from the SNI and forwards only to endpoints that speak mutual TLS.
 * The name covers host, port and selector: when one changes, a new object stands before consumers move and the old one goes.
 */
function passthroughGateway(shared: ResolvedService, server: Server, host: string): Gateway {
  const { namespace, port, selector } = server.cluster.spec.eastWestGateway;
  const place = JSON.stringify([host, port, Object.entries(selector).sort()]);
  return {
    apiVersion: networkingApiVersion,
    kind: "Gateway",
    metadata: {
      name: dnsLabel([shared.namespace, shared.service], [place]),
      namespace,
      labels: ownershipLabels(shared.owner, "server"),
    },
    spec: {
      selector: { ...selector },
      servers: [
        { port: { number: port, name: "tls", protocol: "TLS" }, tls: { mode: "AUTO_PASSTHROUGH" }, hosts: [host] },
      ],
    },
  };
}

/**
 * A Gateway of the user that already passes `host` through at the same place, such as the `*.local` of Istio's own
 * multi-primary guide: a second one would give Envoy two filter chains for one SNI, and it rejects the listener.
 * One that covers the host in any other TLS mode makes it unreachable: a problem.
 */
function foreignGateway(shared: ResolvedService, server: Server, host: string, report: Report): Gateway | undefined {
  const { port, selector } = server.cluster.spec.eastWestGateway;
  for (const gateway of foreignGateways(selector, server.facts)) {
    for (const { hosts, port: serverPort, tls, bind } of gateway.spec.servers ?? []) {
      if (serverPort?.number !== port || bind !== undefined) continue;
      if (!(hosts ?? []).some((pattern) => isCoveredBy(host, pattern.slice(pattern.indexOf("/") + 1)))) continue;
      if (tls?.mode === "AUTO_PASSTHROUGH") return gateway;
      report.add(
        shared.owner,
        "GATEWAY_HOST_CONFLICT",
        at(shared.intent, "spec", "servedBy"),
        say`${{ gateway: clusterObject(server.facts.name, gateway) }} in ${{ cluster: server.facts.name }} serves ${{ host }} on port ${{ port }} itself`,
        "narrow its hosts, or let another gateway carry east-west traffic (MeshCluster spec.eastWestGateway)",
      );
    }
  }
  return undefined;
}
