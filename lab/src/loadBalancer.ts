import type { Cluster } from "./cluster.ts";
import type { Service } from "./kubeObject.ts";
import { LabError } from "./labError.ts";
import { loadBalancerAddress } from "./layout.ts";
import { addNodeAddress, removeNodeAddress } from "./network.ts";

/**
 * Plays the cloud's load balancer controller: a Service of that type gets an address on the lab's network, and kube-proxy, which
 * reads it from the status, sends what arrives there to the pods.
 */
export async function assignLoadBalancers(cluster: Cluster): Promise<void> {
  const services = (await cluster.api.list<Service>("/api/v1/services")).filter(
    (service) => service.spec.type === "LoadBalancer",
  );
  const taken = new Set(services.flatMap(ingressAddresses));
  for (const service of services) {
    if (ingressAddresses(service).length > 0) continue;
    const address = freeAddress(cluster, taken);
    taken.add(address);
    await addNodeAddress(cluster.namespace, address);
    const { name, namespace = "default" } = service.metadata;
    await cluster.api.patchStatus(
      { apiVersion: "v1", kind: "Service", name, namespace },
      { loadBalancer: { ingress: [{ ip: address }] } },
    );
  }
}

export async function releaseLoadBalancer(cluster: Cluster, service: Service): Promise<void> {
  for (const address of ingressAddresses(service)) await removeNodeAddress(cluster.namespace, address);
}

function ingressAddresses(service: Service): string[] {
  return (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
}

function freeAddress(cluster: Cluster, taken: ReadonlySet<string>): string {
  for (let index = 0; index < 50; index++) {
    const address = loadBalancerAddress(cluster.network, cluster.index, index);
    if (!taken.has(address)) return address;
  }
  throw new LabError(`${cluster.name} has no free load balancer address`);
}
