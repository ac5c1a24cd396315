import type { KubeObject } from "../src/index.ts";

export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

interface AppPlan {
  readonly namespace: string;
  readonly name: string;
  readonly version?: string;
  readonly image: string;
  readonly port: { readonly name: string; readonly port: number; readonly targetPort: number };
  readonly replicas?: number;
}

function app(plan: AppPlan): KubeObject[] {
  const { name, version = "v1", namespace, image, port, replicas = 1 } = plan;
  const labels = { app: name, version };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace },
      spec: { selector: { app: name }, ports: [port] },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: name === "helloworld" ? `${name}-${version}` : name, namespace, labels },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: name,
            containers: [{ name, image, ports: [{ containerPort: port.targetPort }] }],
          },
        },
      },
    },
  ];
}

export function sleep(namespace: string): KubeObject[] {
  return app({ namespace, name: "sleep", image: "curlimages/curl", port: { name: "http", port: 80, targetPort: 80 } });
}

export function httpbin(namespace: string): KubeObject[] {
  const image = "docker.io/kennethreitz/httpbin";
  return app({ namespace, name: "httpbin", image, port: { name: "http", port: 8000, targetPort: 80 } });
}

export function greeter(namespace: string, replicas = 1): KubeObject[] {
  const image = "docker.io/istio/examples-helloworld-v1:1.0";
  return app({ namespace, name: "helloworld", image, port: { name: "http", port: 5000, targetPort: 5000 }, replicas });
}

export function tcpEcho(namespace: string): KubeObject[] {
  const image = "lab/tcp-echo";
  return app({ namespace, name: "tcp-echo", image, port: { name: "tcp", port: 9000, targetPort: 9000 } });
}

const host = "httpbin.bar.cluster2";
const local = "httpbin.bar.svc.cluster.local";

/** The server's half of recipe 2: a passthrough gateway for the exact local name. */
export function recipeServer(): KubeObject[] {
  return [
    {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata: { name: "httpbin", namespace: "bar" },
      spec: {
        selector: { istio: "ingressgateway" },
        servers: [
          { port: { number: 15443, name: "tls", protocol: "TLS" }, tls: { mode: "AUTO_PASSTHROUGH" }, hosts: [local] },
        ],
      },
    },
  ];
}

export function recipeClient(gateways: readonly string[]): KubeObject[] {
  return [
    {
      apiVersion: "networking.istio.io/v1",
      kind: "ServiceEntry",
      metadata: { name: host, namespace: "foo" },
      spec: {
        hosts: [host],
        location: "MESH_INTERNAL",
        resolution: "STATIC",
        ports: [{ name: "http", number: 8000, protocol: "HTTP" }],
        endpoints: gateways.map((address) => ({ address, ports: { http: 32001 } })),
      },
    },
    {
      apiVersion: "networking.istio.io/v1",
      kind: "DestinationRule",
      metadata: { name: host, namespace: "foo" },
      spec: {
        host,
        trafficPolicy: {
          tls: {
            mode: "ISTIO_MUTUAL",
            sni: `outbound_.8000_._.${local}`,
            subjectAltNames: ["spiffe://cluster.local/ns/bar/sa/httpbin"],
          },
        },
      },
    },
  ];
}
