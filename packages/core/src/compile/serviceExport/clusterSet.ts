import type { IstioCluster } from "../../istio/index.ts";
import {
  type DestinationRule,
  dnsLabel,
  mcsApiVersion,
  mcsGroup,
  ownershipLabels,
  type ServiceEntry,
  type ServiceImport,
} from "../../kinds/index.ts";
import { gatewayEndpoint, importedDestinationRule, importedServiceEntry } from "../sharedService/passthroughPolicy.ts";
import type { Server, SharedPort } from "../sharedService/resolvedService.ts";
import type { ExportedService } from "./resolveExports.ts";

/** The name of an exported service, and what a consuming cluster needs to know of it. */
export interface ClusterSetName {
  readonly shared: ExportedService;
  readonly host: string;
  readonly servers: readonly Server[];
  readonly passthroughHost: string;
  readonly identities: readonly string[];
}

/** Of a ServiceEntry for the name that has this as its first port; of the rule with the part `rule`. */
export function clusterSetObjectName(
  { service, namespace }: Pick<ExportedService, "service" | "namespace">,
  part: string,
): string {
  return dnsLabel([service, namespace, "clusterset"], [part]);
}

function metadata({ shared }: ClusterSetName, namespace: string, part: string) {
  return {
    name: clusterSetObjectName(shared, part),
    namespace,
    labels: ownershipLabels(shared.owner, "consumer"),
  };
}

/**
 * The name with its virtual address: one ServiceEntry for all ports that the same clusters serve. Istio joins entries of one
 * host in one namespace into one service, each port with the endpoints of its own entry.
 * istio/pilot/pkg/model/sidecar.go, appendSidecarServices
 */
export function clusterSetServiceEntries(
  name: ClusterSetName,
  vip: string,
  namespace: string,
): readonly ServiceEntry[] {
  return portGroups(name.servers).map(({ ports, servers }) =>
    importedServiceEntry({
      ...{ host: name.host, vip, ports, exportTo: "*", metadata: metadata(name, namespace, String(ports[0]?.number)) },
      endpoints: servers.flatMap(({ gateways }) => gateways.map(gatewayEndpoint)),
    }),
  );
}

interface PortGroup {
  readonly ports: readonly SharedPort[];
  readonly servers: readonly Server[];
}

function portGroups(servers: readonly Server[]): readonly PortGroup[] {
  const groups = new Map<string, { ports: SharedPort[]; servers: readonly Server[] }>();
  for (const port of allPorts(servers)) {
    const serving = servers.filter(({ ports }) => ports.some(({ number }) => number === port.number));
    const key = serving.map(({ facts }) => facts.name).join(" ");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ports: [port], servers: serving });
    else group.ports.push(port);
  }
  return [...groups.values()];
}

/** Each once, by number. */
function allPorts(servers: readonly Server[]): readonly SharedPort[] {
  const byNumber = new Map(servers.flatMap(({ ports }) => ports).map((port) => [port.number, port]));
  return [...byNumber.values()].sort((a, b) => a.number - b.number);
}

/** Mutual TLS to that name, accepting the identities of all clusters that serve it. */
export function clusterSetRule(name: ClusterSetName, namespace: string): DestinationRule {
  const { host, passthroughHost, identities, servers } = name;
  return importedDestinationRule({
    ...{ host, passthroughHost, identities, ports: allPorts(servers), settings: {} },
    ...{ exportTo: "*", metadata: metadata(name, namespace, "rule") },
  });
}

/**
 * What tells users and other tools that the service is imported, and by which address. Undefined where the cluster has no such
 * kind, and where istiod would make a second service of the same name of it
 * (istio/pilot/pkg/serviceregistry/kube/controller/serviceimportcache.go, with ENABLE_MCS_HOST).
 */
export function serviceImport(name: ClusterSetName, vip: string, facts: IstioCluster): ServiceImport | undefined {
  if (facts.readsServiceImports || facts.unread(mcsGroup, "ServiceImport") !== undefined) return undefined;
  const { shared } = name;
  return {
    apiVersion: mcsApiVersion,
    kind: "ServiceImport",
    metadata: {
      name: shared.service,
      namespace: shared.namespace,
      labels: { ...shared.labels, ...ownershipLabels(shared.owner, "consumer") },
      ...(Object.keys(shared.annotations).length === 0 ? {} : { annotations: { ...shared.annotations } }),
    },
    spec: {
      type: "ClusterSetIP",
      ips: [vip],
      ports: allPorts(name.servers).map(({ name: portName, number, appProtocol }) => ({
        name: portName,
        port: number,
        protocol: "TCP",
        ...(appProtocol === undefined ? {} : { appProtocol }),
      })),
    },
  };
}
