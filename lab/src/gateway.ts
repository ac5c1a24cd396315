import { applyObjects } from "./applyObjects.ts";
import type { Cluster } from "./cluster.ts";
import type { KubeObject } from "./kubeObject.ts";

/** All of them are named: one that the API server chose might be another's. */
export const gatewayPorts = { status: 30021, http: 30080, https: 30830, tls: 32001 } as const;
const namespace = "istio-system";
const name = "istio-ingressgateway";
const serviceAccount = `${name}-service-account`;

/** The gateway is an ordinary Deployment with an image `auto`, as the Istio documentation tells users to make one. */
export async function createGateway(cluster: Cluster, type: "NodePort" | "LoadBalancer"): Promise<void> {
  await applyObjects(cluster, gatewayObjects(type));
}

function gatewayObjects(type: "NodePort" | "LoadBalancer"): KubeObject[] {
  const labels = { app: name, istio: "ingressgateway" };
  const metadata = { name, namespace, labels };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: serviceAccount, namespace } },
    ...secretAccess(),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: {
        type,
        selector: { istio: "ingressgateway" },
        ports: [
          { name: "status-port", port: 15021, targetPort: 15021, nodePort: gatewayPorts.status },
          { name: "http2", port: 80, targetPort: 8080, nodePort: gatewayPorts.http },
          { name: "https", port: 443, targetPort: 8443, nodePort: gatewayPorts.https },
          { name: "tls", port: 15443, targetPort: 15443, nodePort: gatewayPorts.tls },
        ],
      },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: { istio: "ingressgateway" } },
        template: {
          metadata: {
            annotations: { "inject.istio.io/templates": "gateway" },
            labels: { ...labels, "sidecar.istio.io/inject": "true", "istio.io/rev": "default" },
          },
          spec: { serviceAccountName: serviceAccount, containers: [{ name: "istio-proxy", image: "auto" }] },
        },
      },
    },
  ];
}

/** istiod hands a Secret (`credentialName`) only to a gateway whose service account may read it. */
function secretAccess(): KubeObject[] {
  const metadata = { name: `${name}-secrets`, namespace };
  return [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata,
      rules: [{ apiGroups: [""], resources: ["secrets"], verbs: ["get", "watch", "list"] }],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: metadata.name },
      subjects: [{ kind: "ServiceAccount", name: serviceAccount, namespace }],
    },
  ];
}
