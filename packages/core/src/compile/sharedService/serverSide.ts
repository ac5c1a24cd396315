import { say } from "../../findings/index.ts";
import { exportToAnnotation, isCoveredBy, isVisible, serviceHost, tlsModeLabel } from "../../istio/index.ts";
import { meshServiceOfService } from "../../istio/registry/index.ts";
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
import type { Server, Share } from "./share.ts";
import { localHost } from "./share.ts";
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
function hasEntryService({ intent, servers }: Share, mesh: Mesh): boolean {
  return (
    intent.spec.as.includes("SameName") ||
    intent.spec.ports !== undefined ||
    restrictsCallers(intent.spec, mesh) ||
    mesh.spec.access.localCallers === "Consumers" ||
    servers.some(({ facts, service, cluster }) => {
      const isSeen = isVisible(meshServiceOfService(facts, service), cluster.spec.eastWestGateway.namespace);
      return !isSeen || service.spec.internalTrafficPolicy === "Local";
    })
  );
}

/**
 * The host that a server's gateway passes through to its own pods, or to those of one version: what the SNI of consumers names.
 */
export function passthroughHost(share: Share, mesh: Mesh, version?: VersionLabels): string {
  return version !== undefined || hasEntryService(share, mesh)
    ? serviceHost(entryServiceName(share, version), share.namespace, mesh.spec)
    : localHost(share, mesh);
}

/** All that a server's gateway passes through: the service and each version that is told apart there. */
export function passthroughHosts(share: Share, server: Server, mesh: Mesh): readonly string[] {
  return [undefined, ...versionsAt(share, server)].map((version) => passthroughHost(share, mesh, version));
}

function entryServiceName(share: Share, version: VersionLabels | undefined): string {
  if (version === undefined) return dnsLabel([share.service, "entry"], [share.namespace]);
  return dnsLabel([share.service, "entry", valuesOf(version)], [share.namespace, versionKey(version)]);
}

/** What a serving cluster needs so that consumers get in. */
export function compileServers(share: Share, context: CompileContext): void {
  for (const server of share.servers) {
    if (hasEntryService(share, context.mesh)) context.emit(server.facts.name, entryService(share, server, undefined));
    for (const version of versionsAt(share, server)) {
      context.emit(server.facts.name, entryService(share, server, version));
    }
    for (const host of passthroughHosts(share, server, context.mesh)) {
      if (foreignGateway(share, server, host, context.report) !== undefined) continue;
      context.emit(server.facts.name, passthroughGateway(share, server, host));
    }
  }
}

/**
 * The shared ports of the pods with a sidecar, or of one version of them, for the gateway alone. WorkloadEntries that stand for other clusters carry
 * the Service's labels but no TLS mode, so they are none of its endpoints.
 */
function entryService(share: Share, server: Server, version: VersionLabels | undefined): Service {
  const shared = new Set(server.ports.map(({ number }) => number));
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: entryServiceName(share, version),
      namespace: share.namespace,
      labels: ownershipLabels(share.owner, "server"),
      annotations: { [exportToAnnotation]: server.cluster.spec.eastWestGateway.namespace },
    },
    spec: {
      ports: (server.service.spec.ports ?? [])
        .filter(({ port }) => shared.has(port))
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
function passthroughGateway(share: Share, server: Server, host: string): Gateway {
  const { namespace, port, selector } = server.cluster.spec.eastWestGateway;
  const place = JSON.stringify([host, port, Object.entries(selector).sort()]);
  return {
    apiVersion: networkingApiVersion,
    kind: "Gateway",
    metadata: {
      name: dnsLabel([share.namespace, share.service], [place]),
      namespace,
      labels: ownershipLabels(share.owner, "server"),
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
function foreignGateway(share: Share, server: Server, host: string, report: Report): Gateway | undefined {
  const { port, selector } = server.cluster.spec.eastWestGateway;
  for (const gateway of foreignGateways(selector, server.facts)) {
    for (const { hosts, port: serverPort, tls, bind } of gateway.spec.servers ?? []) {
      if (serverPort?.number !== port || bind !== undefined) continue;
      if (!(hosts ?? []).some((pattern) => isCoveredBy(host, pattern.slice(pattern.indexOf("/") + 1)))) continue;
      if (tls?.mode === "AUTO_PASSTHROUGH") return gateway;
      report.add(
        share.owner,
        "GATEWAY_HOST_CONFLICT",
        at(share.intent, "spec", "servedBy"),
        say`${{ gateway: clusterObject(server.facts.name, gateway) }} in ${{ cluster: server.facts.name }} serves ${{ host }} on port ${{ port }} itself`,
        "narrow its hosts, or let another gateway carry east-west traffic (MeshCluster spec.eastWestGateway)",
      );
    }
  }
  return undefined;
}
