import type { KubeObject, Node, ObservedCluster, Pod, Service, ServicePort } from "@isthmus/core";

/** Builders of what clusters hold: defaults filled in, so that a test shows only what matters to it. */

export function namespace(
  name: string,
  labels: Readonly<Record<string, string>> = { "istio-injection": "enabled" },
): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

export function node(name: string, address: string, labels: Readonly<Record<string, string>> = {}): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels },
    status: {
      addresses: [{ type: "InternalIP", address }],
      conditions: [{ type: "Ready", status: "True" }],
    },
  };
}

const http: ServicePort = { name: "http", port: 8000, targetPort: 8080, protocol: "TCP" };

/** `where` is `namespace/name`; the selector is `app: <name>`. */
export function service(
  where: string,
  ports: readonly ServicePort[] = [http],
  spec: Partial<Service["spec"]> = {},
): Service {
  const [namespace, name] = split(where);
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { type: "ClusterIP", selector: { app: name }, ports, ...spec },
  };
}

/** A ready pod with a sidecar; `app: <name>`, service account `<name>` unless told. */
export function pod(
  where: string,
  {
    app,
    serviceAccount,
    version,
    sidecar = true,
    ready = true,
  }: { app?: string; serviceAccount?: string; version?: string; sidecar?: boolean; ready?: boolean } = {},
): Pod {
  const [namespace, name] = split(where);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      labels: {
        app: app ?? name,
        ...(version === undefined ? {} : { version }),
        ...(sidecar ? { "security.istio.io/tlsMode": "istio" } : {}),
      },
    },
    spec: {
      serviceAccountName: serviceAccount ?? name,
      containers: [{ name: "app" }, ...(sidecar ? [{ name: "istio-proxy" }] : [])],
    },
    status: { phase: "Running", conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  };
}

/** The Service of an ingress gateway: HTTP, HTTPS, and east-west traffic on 15443 by node port 32001. */
export function gatewayService(spec: Partial<Service["spec"]> = {}, status?: Service["status"]): Service {
  return {
    ...service(
      "istio-system/istio-ingressgateway",
      [
        { name: "http2", port: 80, targetPort: 8080, nodePort: 30080 },
        { name: "https", port: 443, targetPort: 8443, nodePort: 30443 },
        { name: "tls", port: 15443, targetPort: 15443, nodePort: 32001 },
      ],
      {
        type: "NodePort",
        selector: { istio: "ingressgateway" },
        ...spec,
      },
    ),
    ...(status === undefined ? {} : { status }),
  };
}

/** A cluster with Istio's namespace, a node at `address`, a gateway, and a root certificate that all such clusters share. */
export function observedCluster(
  name: string,
  address: string,
  objects: readonly KubeObject[] = [],
  overrides: Partial<ObservedCluster> = {},
): ObservedCluster {
  return {
    name,
    source: "live",
    objects: [namespace("istio-system", {}), node(name, address), gatewayService(), ...objects],
    istiodVersions: ["1.28.0"],
    trustRoots: [{ fingerprint: "aa".repeat(32), subject: "CN=Root", notAfter: "2036-01-01T00:00:00Z" }],
    ...overrides,
  };
}

function split(where: string): readonly [string, string] {
  const [namespace = "", name = ""] = where.split("/");
  return [namespace, name];
}
