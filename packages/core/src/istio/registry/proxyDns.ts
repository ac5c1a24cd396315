import { parseServiceHost } from "../hostNames.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { isReserved, nameOrigin } from "../nameOrigin.ts";
import { isIp, type MeshEndpoint } from "./endpoints.ts";
import { meshRegistry } from "./meshRegistry.ts";
import type { MeshService } from "./meshService.ts";

/**
 * Why Envoy cannot resolve the name of an endpoint, for people; undefined where it can, or the world's DNS may. It asks
 * cluster DNS for the name as it is: its own lookups are not captured, so that it knows no ServiceEntry, and it is given no
 * short names (cluster_builder.go, buildCluster, STRICT_DNS).
 */
export function unresolvable(cluster: IstioCluster, address: string): string | undefined {
  const name = address.toLowerCase().replace(/\.$/, "");
  if (isIp(name)) return undefined;
  if (name.startsWith("*")) return "DNS has no wildcards to ask for";
  const service = parseServiceHost(name, cluster) ?? parseServiceHost(`${name}.${cluster.clusterDomain}`, cluster);
  if (service !== undefined) {
    const where = `${service.namespace}/${service.name}`;
    return cluster.services.has(where) ? undefined : `${cluster.name} has no Service ${where}`;
  }
  const origin = nameOrigin(cluster, name);
  const isOfMesh = (meshRegistry(cluster).byHost.get(name) ?? []).some(({ isExternal }) => !isExternal);
  if (origin === "outside" || (origin === "untold" && !isOfMesh) || (isReserved(name) && !isOfMesh)) return undefined;
  return name.split(".").length < 3
    ? "it is a short name, which only pods complete"
    : "cluster DNS does not have it: proxies ask it alone, which knows no ServiceEntry";
}

/** Of a DNS service's endpoints those that have an address; the others are as if they were not there. */
export function resolved(
  cluster: IstioCluster,
  { resolution }: MeshService,
  endpoints: readonly MeshEndpoint[],
): readonly MeshEndpoint[] {
  if (resolution !== "dns") return endpoints;
  return endpoints.filter(
    ({ address, workload }) => workload !== undefined || unresolvable(cluster, address ?? "") === undefined,
  );
}
