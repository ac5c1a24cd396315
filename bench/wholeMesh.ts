import { defaultMeshConfig, type KubeObject, type Observed } from "@isthmus/core";
import { namespace, node, observedCluster, pod, service } from "@isthmus/testkit";

/**
 * One cluster of `size` workloads, each with a Service, an account and a policy of its own that lets in three others, in fifty
 * namespaces on thirty nodes of three zones; every tenth host has a route by path, and a DestinationRule with subsets.
 */
export function wholeMesh(size: number): Observed {
  const zones = ["a", "b", "c"];
  const nodes = Array.from({ length: 30 }, (_, index) =>
    node(`node${index}`, `192.0.2.${index + 1}`, {
      "topology.kubernetes.io/region": "eu",
      "topology.kubernetes.io/zone": `eu-${zones[index % 3]}`,
    }),
  );
  const namespaces = Array.from({ length: 50 }, (_, index) => namespace(`team${index}`));
  const objects: KubeObject[] = [...nodes, ...namespaces];
  for (let index = 0; index < size; index += 1) objects.push(...workload(index, size));
  return {
    clusters: new Map([
      [
        "cluster1",
        observedCluster("cluster1", "192.0.2.200", objects, {
          meshConfig: { ...defaultMeshConfig, proxyMetadata: { ISTIO_META_DNS_CAPTURE: "true" } },
        }),
      ],
    ]),
    unreachable: new Map(),
  };
}

function place(index: number) {
  return { namespace: `team${index % 50}`, name: `service${index}` };
}

function workload(index: number, size: number): readonly KubeObject[] {
  const { namespace: team, name } = place(index);
  const where = `${team}/${name}`;
  const runs = pod(where);
  const callers = [1, 7, 50].map((step) => place((index + step) % size));
  const policy = {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: { name, namespace: team },
    spec: {
      selector: { matchLabels: { app: name } },
      rules: [
        {
          from: [
            { source: { principals: callers.map((each) => `cluster.local/ns/${each.namespace}/sa/${each.name}`) } },
          ],
          ...(index % 10 === 0 ? { to: [{ operation: { methods: ["GET"], paths: ["/api/*"] } }] } : {}),
        },
      ],
    },
  };
  const address = `10.${1 + Math.floor(index / 65536)}.${Math.floor(index / 256) % 256}.${index % 256}`;
  const running = {
    ...runs,
    spec: { ...runs.spec, nodeName: `node${index % 30}` },
    status: { ...runs.status, podIP: address },
  };
  const host = `${name}.${team}.svc.cluster.local`;
  const routes: KubeObject[] =
    index % 10 === 0
      ? [
          {
            apiVersion: "networking.istio.io/v1",
            kind: "VirtualService",
            metadata: { name, namespace: team },
            spec: {
              hosts: [host],
              http: [
                { match: [{ uri: { prefix: "/api/v2" } }], route: [{ destination: { host, subset: "v1" } }] },
                { route: [{ destination: { host } }] },
              ],
            },
          } as KubeObject,
          {
            apiVersion: "networking.istio.io/v1",
            kind: "DestinationRule",
            metadata: { name, namespace: team },
            spec: { host, subsets: [{ name: "v1", labels: { app: name } }] },
          } as KubeObject,
        ]
      : [];
  return [service(where), running, policy as KubeObject, ...routes];
}
