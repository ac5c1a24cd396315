import type { ClusterFacts } from "../facts/clusterFacts.ts";
import { labelsMatch } from "../facts/workloads.ts";
import type { Gateway } from "../kinds/istio.ts";
import { networkingApiVersion } from "../kinds/istio.ts";
import { dnsLabel } from "../kinds/names.ts";
import { isOurs, ownershipLabels } from "../kinds/ownership.ts";
import { at } from "../model/intents.ts";
import type { Report } from "./report.ts";
import type { Server, Share } from "./share.ts";
import { covers } from "./visibility.ts";

/**
 * Lets consumers reach the exact local name through the passthrough port (recipes, section 2). AUTO_PASSTHROUGH takes the
 * destination from the SNI and forwards only to endpoints that speak mutual TLS.
 * The name covers port and selector: when those change, a new object stands before consumers move and the old one goes.
 */
export function serverGateway(share: Share, server: Server, host: string): Gateway {
  const { namespace, port, selector } = server.cluster.spec.eastWestGateway;
  return {
    apiVersion: networkingApiVersion,
    kind: "Gateway",
    metadata: {
      name: dnsLabel(share.namespace, share.service, String(port), JSON.stringify(Object.entries(selector).sort())),
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
export function foreignGateway(share: Share, server: Server, host: string, report: Report): Gateway | undefined {
  const { port, selector } = server.cluster.spec.eastWestGateway;
  const others = server.facts.gateways.filter(
    (gateway) => !isOurs(gateway) && mayShareProxy(gateway, selector, server.facts),
  );
  for (const gateway of others) {
    for (const { hosts, port: serverPort, tls, bind } of gateway.spec.servers ?? []) {
      if (serverPort?.number !== port || bind !== undefined) continue;
      if (!(hosts ?? []).some((pattern) => covers(pattern.slice(pattern.indexOf("/") + 1), host))) continue;
      if (tls?.mode === "AUTO_PASSTHROUGH") return gateway;
      report.add(
        share.owner,
        "GATEWAY_HOST_CONFLICT",
        at(share.intent, "spec", "servedBy"),
        `Gateway ${gateway.metadata.namespace}/${gateway.metadata.name} in ${server.facts.name} serves ${host} on port ${port} itself`,
        "narrow its hosts, or let another gateway carry east-west traffic (MeshCluster spec.eastWestGateway)",
      );
    }
  }
  return undefined;
}

/** Whether both selectors choose a common gateway proxy. */
function mayShareProxy(gateway: Gateway, selector: Readonly<Record<string, string>>, facts: ClusterFacts): boolean {
  const other = gateway.spec.selector ?? {};
  if (labelsMatch(other, selector) || labelsMatch(selector, other)) return true;
  return facts.workloads.selectAnywhere({ ...selector }).some(({ labels }) => labelsMatch(other, labels));
}
