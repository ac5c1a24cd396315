import { parseServiceHost } from "../hostNames.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { isReserved, nameOrigin } from "../nameOrigin.ts";
import { clusterDns, headlessParent, withClusterDomain, withSearchDomains } from "./clusterDns.ts";
import { isIp, type MeshEndpoint } from "./endpoints.ts";
import { meshRegistry } from "./meshRegistry.ts";
import type { MeshService } from "./meshService.ts";

/**
 * Why Envoy cannot resolve the name of an endpoint, for people; undefined where it can, or the world's DNS may. It asks
 * cluster DNS, with its pod's search domains: its own lookups are not captured, so that it knows no ServiceEntry
 * (cluster_builder.go, buildCluster, STRICT_DNS).
 */
export function unresolvable(cluster: IstioCluster, namespace: string, address: string): string | undefined {
  const name = searched(cluster, namespace, address.toLowerCase().replace(/\.$/, ""));
  if (isIp(name)) return undefined;
  if (name.startsWith("*")) return "DNS has no wildcards to ask for";
  const full = withClusterDomain(cluster.settings, name);
  if (clusterDns(cluster, full) !== undefined) return undefined;
  const parent = headlessParent(cluster, full);
  if (parent !== undefined) return `Service ${parent.namespace}/${parent.name} has no ready pod of that name`;
  const service =
    parseServiceHost(name, cluster.settings) ??
    parseServiceHost(`${name}.${cluster.settings.clusterDomain}`, cluster.settings);
  if (service !== undefined) {
    const where = `${service.namespace}/${service.name}`;
    const found = cluster.services.get(where);
    if (found === undefined) return `${cluster.name} has no Service ${where}`;
    // Without a selector its addresses are somebody's own EndpointSlices, which are not read.
    const isByHand = Object.keys(found.spec.selector ?? {}).length === 0;
    return isByHand ? undefined : `Service ${where} has no ready pod`;
  }
  const origin = nameOrigin(cluster, name);
  const isOfMesh = (meshRegistry(cluster).byHost.get(name) ?? []).some(({ isExternal }) => !isExternal);
  if (origin === "outside" || (origin === "untold" && !isOfMesh) || (isReserved(name) && !isOfMesh)) return undefined;
  return "cluster DNS does not have it: proxies ask it alone, which knows no ServiceEntry";
}

/** A short name with the search domain of the proxy's own pod that makes it a Service's [lab]; any other as it is. */
export function searched(cluster: IstioCluster, namespace: string, name: string): string {
  if (isIp(name)) return name;
  const found = withSearchDomains(cluster.settings, namespace, name).find((full) => {
    if (clusterDns(cluster, full) !== undefined) return true;
    const service = parseServiceHost(full, cluster.settings);
    return service !== undefined && cluster.services.has(`${service.namespace}/${service.name}`);
  });
  return found ?? name;
}

/** Of a DNS service's endpoints those that have an address; the others are as if they were not there. */
export function resolved(
  cluster: IstioCluster,
  { resolution }: MeshService,
  { namespace, endpoints }: { readonly namespace: string; readonly endpoints: readonly MeshEndpoint[] },
): readonly MeshEndpoint[] {
  if (resolution !== "dns") return endpoints;
  return endpoints.filter(
    ({ address, workload }) => workload !== undefined || unresolvable(cluster, namespace, address ?? "") === undefined,
  );
}
