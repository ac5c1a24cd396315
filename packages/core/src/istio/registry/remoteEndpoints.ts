import { parseServiceHost } from "../hostNames.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { networkOf } from "../topologyLabels.ts";

/**
 * Another cluster whose endpoints of a host istiod may know: in Istio's own multi-network mesh each istiod reads the others by
 * remote Secrets, which we never read. Both clusters' networks have a name there, and the Service is in both or in the other
 * alone (pilot/pkg/serviceregistry/aggregate/controller.go).
 */
export function mayBeServedBy(
  cluster: IstioCluster,
  all: ReadonlyMap<string, IstioCluster>,
  host: string,
): IstioCluster | undefined {
  const named = parseServiceHost(host, cluster.settings);
  if (named === undefined || networkOf(cluster, {}) === "") return undefined;
  const key = `${named.namespace}/${named.name}`;
  return [...all.values()].find((other) => {
    if (other.name === cluster.name) return false;
    const service = other.services.get(key);
    if (service === undefined || networkOf(other, {}) === "" || !other.isDiscovered(named.namespace)) return false;
    return other.select(named.namespace, service.spec.selector ?? {}).some(({ isReady }) => isReady);
  });
}

export function whyServedElsewhere(cluster: IstioCluster, other: IstioCluster, host: string): string {
  return `${other.name} has endpoints of ${host}, and whether the istiod of ${cluster.name} reads them by a remote Secret is not to be seen`;
}
