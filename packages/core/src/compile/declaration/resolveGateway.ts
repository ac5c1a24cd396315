import { say } from "../../findings/index.ts";
import { type GatewayAddress, gatewayAddresses, type IstioCluster } from "../../istio/index.ts";
import { at, type MeshCluster } from "../../model/index.ts";
import { isDiscovered } from "./checkDiscovery.ts";
import type { Report } from "./report.ts";

export interface GatewayUse {
  readonly cluster: MeshCluster;
  readonly facts: IstioCluster;
  readonly use: "eastWestGateway" | "ingressGateway";
  /** Port of the gateway's Service, where it is not `spec.<use>.port`. */
  readonly port?: number;
}

/**
 * The addresses of a cluster's gateway; undefined where it cannot be used, which is reported. Other clusters need an address
 * of an east-west gateway; how outside clients get to an ingress gateway is theirs to know, so there may be none.
 */
export function resolveGateway(
  owner: string,
  { cluster, facts, use, port: wanted }: GatewayUse,
  report: Report,
): readonly GatewayAddress[] | undefined {
  const gateway = cluster.spec[use];
  const port = wanted ?? gateway.port;
  const needed = { facts, namespace: gateway.namespace, what: "the gateway", place: at(cluster, "spec", use) };
  if (!isDiscovered(owner, needed, report)) return undefined;
  const found = gatewayAddresses(facts, { ...gateway, port }, cluster.spec.locality);
  if ("addresses" in found) return found.addresses;
  const place = at(cluster, "spec", use);
  const selector = Object.entries(gateway.selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  switch (found.fault) {
    case "no service":
      report.add(
        owner,
        "GATEWAY_MISSING",
        place,
        say`${{ cluster: facts.name }} has no Service in ${{ namespace: gateway.namespace }} for gateway pods ${{ selector }}`,
        `install ${use === "eastWestGateway" ? "an east-west" : "an ingress"} gateway, or name its namespace and selector here`,
      );
      return undefined;
    case "no port":
      report.add(
        owner,
        "GATEWAY_PORT_MISSING",
        place,
        say`gateway ${{ service: { cluster: facts.name, kind: "Service", namespace: gateway.namespace, name: found.service ?? "" } }} in ${{ cluster: facts.name }} has no port ${{ port }}`,
        "add the port to the Service, or name another one here",
      );
      return undefined;
    case "no address":
      if (use === "ingressGateway") return [];
      report.add(
        owner,
        "GATEWAY_NO_ADDRESS",
        place,
        say`gateway ${{ service: { cluster: facts.name, kind: "Service", namespace: gateway.namespace, name: found.service ?? "" } }} in ${{ cluster: facts.name }} has neither a load balancer address nor a node port on a ready node`,
        "wait for the load balancer, make it a NodePort, or give `addresses` here",
      );
      return undefined;
  }
}
