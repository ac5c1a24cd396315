import { type KubeObject, type Observed, type ObservedCluster, parseMeshConfig } from "@isthmus/core";
import { proxyOf } from "../../src/injection.ts";
import type { Deployment, PodTemplate } from "../../src/kubeObject.ts";
import { withSettings } from "./meshSettings.ts";
import type { RecordedWorld } from "./record.ts";
import type { Place, Scenario } from "./scenario.ts";

/** Slot 1 of the world that was recorded. */
export const recordedPlace: Place = {
  id: "t000",
  slot: 1,
  client: "cl1",
  server: "sv1",
  gateway: "gw1",
  gatewayAddress: "10.121.2.10",
  outside: "10.121.0.1",
  keySet: '{"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "alg": "ES256"}]}',
  authorityFile: "/etc/outside.crt",
  ports: { tls: 32011, http: 31011, https: 31111 },
};

/** The world that was recorded with a scenario's objects in it, as API servers, controllers and the lab complete them. */
export function replayed(world: RecordedWorld, scenario: Scenario): Observed {
  const added = scenario.objects(recordedPlace);
  const clusters = Object.entries(world).map(([name, { mesh, unread, ...rest }]): [string, ObservedCluster] => {
    const settings = parseMeshConfig(withSettings(mesh, scenario.mesh ?? "{}"));
    const own = added.filter(({ cluster }) => cluster === name).map(({ object }) => object as KubeObject);
    const around = [...rest.objects, ...own];
    const objects = own.flatMap((object, index) => completed(object, index, around));
    return [
      name,
      {
        ...rest,
        name,
        source: "live",
        objects: [...rest.objects, ...objects],
        unread: new Map(unread),
        ...(settings && { meshConfig: settings }),
      },
    ];
  });
  return { clusters: new Map(clusters), unreachable: new Map() };
}

function completed(object: KubeObject, index: number, around: readonly KubeObject[]): readonly KubeObject[] {
  if (object.kind === "Service") return [completedService(object, index)];
  if (object.kind === "Deployment") return podsOf(object as unknown as Deployment, index, around);
  return [object];
}

interface PortSpec {
  readonly port: number;
  readonly targetPort?: number | string;
}

function completedService(object: KubeObject, index: number): KubeObject {
  const spec = (object.spec ?? {}) as { readonly type?: string; readonly ports?: readonly PortSpec[] };
  const { type = "ClusterIP", ports } = spec;
  return {
    ...object,
    spec: {
      type,
      ...(type === "ExternalName" ? {} : { clusterIP: `10.96.200.${index + 1}`, internalTrafficPolicy: "Cluster" }),
      ...spec,
      ...(ports && { ports: ports.map((each) => ({ protocol: "TCP", targetPort: each.port, ...each })) }),
    },
  };
}

function podsOf(deployment: Deployment, index: number, around: readonly KubeObject[]): readonly KubeObject[] {
  const { name, namespace = "default" } = deployment.metadata;
  const { replicas = 1, template } = deployment.spec;
  const ofKind = (kind: string) => around.filter((each) => each.kind === kind);
  const labels = ofKind("Namespace").find(({ metadata }) => metadata.name === namespace)?.metadata.labels ?? {};
  const proxy = proxyOf(template, labels);
  return Array.from({ length: replicas }, (_, replica) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${name}-${replica + 1}`,
      namespace,
      labels: {
        ...(proxy === "sidecar" ? { "security.istio.io/tlsMode": "istio" } : {}),
        ...template.metadata?.labels,
      },
      ...(template.metadata?.annotations && { annotations: template.metadata.annotations }),
    },
    spec: {
      serviceAccountName: template.spec.serviceAccountName ?? "default",
      nodeName: ofKind("Node")[0]?.metadata.name ?? "",
      ...(template.spec.hostname && { hostname: template.spec.hostname }),
      ...(template.spec.subdomain && { subdomain: template.spec.subdomain }),
      containers: containersOf(template, proxy),
    },
    status: {
      phase: "Running",
      podIP: `10.244.200.${index * 4 + replica + 1}`,
      conditions: [{ type: "Ready", status: "True" }],
    },
  }));
}

function containersOf(template: PodTemplate, proxy: ReturnType<typeof proxyOf>): readonly object[] {
  return proxy === "sidecar" ? [...template.spec.containers, { name: "istio-proxy" }] : template.spec.containers;
}
