import type { Intents, KubeObject, Observed, Pod } from "@isthmus/core";
import { intents, meshCluster, namespace, observedCluster, pod, service, sharedService } from "@isthmus/testkit";

export interface World {
  readonly intents: Intents;
  readonly observed: Observed;
}

const gatewayPod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "gateway", namespace: "istio-system", labels: { istio: "ingressgateway" } },
  spec: { containers: [{ name: "istio-proxy" }] },
  status: { phase: "Running", podIP: "10.1.0.1", conditions: [{ type: "Ready", status: "True" }] },
};

/** Ten clusters; `services` shared services, each served by one cluster and consumed by a namespace of all ten. */
export function world(services: number): World {
  const clusters = Array.from({ length: 10 }, (_, index) => `cluster${index}`);
  const objects = new Map<string, KubeObject[]>(clusters.map((name) => [name, [namespace("client"), gatewayPod]]));
  const shared = Array.from({ length: services }, (_, index) => {
    const cluster = `cluster${index % 10}`;
    const tenant = `tenant${index % 50}`;
    const where = `${tenant}/service${index}`;
    objects
      .get(cluster)
      ?.push(namespace(tenant), service(where), pod(where), pod(`${where}-2`, { app: `service${index}` }));
    return sharedService(where, { servedBy: [cluster], consumers: [{ clusters, namespaces: ["client"] }] });
  });
  return {
    intents: intents(shared, { clusters: clusters.map((name) => meshCluster(name)) }),
    observed: {
      clusters: new Map(
        clusters.map((name, index) => [name, observedCluster(name, `192.0.2.${index + 1}`, objects.get(name))]),
      ),
      unreachable: new Map(),
    },
  };
}

/** The same clusters once everything that was compiled is applied. */
export function applied(before: World, desired: ReadonlyMap<string, readonly KubeObject[]>): World {
  const clusters = new Map(
    [...before.observed.clusters].map(([name, cluster]) => [
      name,
      {
        ...cluster,
        objects: [
          ...cluster.objects,
          ...(desired.get(name) ?? []).map((object, index) => ({
            ...object,
            metadata: { ...object.metadata, uid: `${name}-${index}`, resourceVersion: String(index) },
          })),
        ],
      },
    ]),
  );
  return { ...before, observed: { ...before.observed, clusters } };
}
