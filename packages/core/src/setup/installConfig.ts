import { dnsCapture } from "../istio/index.ts";
import type { KubeObject } from "../kinds/index.ts";

export interface InstallOptions {
  readonly cluster: string;
  /** Of Istio's `topology.istio.io/network`. */
  readonly network: string;
  readonly meshId: string;
  readonly trustDomain: string;
  readonly istioNamespace: string;
  readonly gateway: {
    readonly namespace: string;
    readonly selector: Readonly<Record<string, string>>;
    readonly service: "LoadBalancer" | "NodePort";
    /** Of the Service, for AUTO_PASSTHROUGH. */
    readonly port: number;
  };
  /** Nothing may be called that no Service and no ServiceEntry declares. */
  readonly registryOnly: boolean;
  /** istiod takes over further roots while it runs, which changing the mesh's root needs. */
  readonly multiRoot: boolean;
  readonly accessLog: boolean;
}

type Values = Readonly<Record<string, unknown>>;

/** What Isthmus needs of istiod's mesh configuration, and what was asked for: fields of istio.mesh.v1alpha1.MeshConfig. */
export function meshConfigValues({ meshId, trustDomain, registryOnly, accessLog }: InstallOptions): Values {
  return {
    trustDomain,
    ...(accessLog ? { accessLogFile: "/dev/stdout" } : {}),
    outboundTrafficPolicy: { mode: registryOnly ? "REGISTRY_ONLY" : "ALLOW_ANY" },
    defaultConfig: { meshId, proxyMetadata: { [dnsCapture]: "true" } },
  };
}

/** Values of Istio's Helm charts base, istiod and gateway. */
export interface HelmValues {
  readonly base: Values;
  readonly istiod: Values;
  readonly gateway: Values;
}

export function helmValues(options: InstallOptions): HelmValues {
  const { istioNamespace, gateway } = options;
  const env = environment(options);
  return {
    base: { global: { istioNamespace } },
    istiod: {
      global: { istioNamespace, ...globalValues(options) },
      meshConfig: meshConfigValues(options),
      ...(env === undefined ? {} : { env }),
    },
    gateway: {
      name: gatewayName,
      labels: gateway.selector,
      service: { type: gateway.service, ports: servicePorts(options) },
    },
  };
}

/** The same for `istioctl install -f`. */
export function istioOperator(options: InstallOptions): KubeObject {
  const { cluster, istioNamespace, gateway } = options;
  const env = environment(options);
  return {
    apiVersion: "install.istio.io/v1alpha1",
    kind: "IstioOperator",
    metadata: { name: cluster, namespace: istioNamespace },
    spec: {
      profile: "default",
      meshConfig: meshConfigValues(options),
      components: {
        ingressGateways: [
          {
            name: gatewayName,
            namespace: gateway.namespace,
            enabled: true,
            label: gateway.selector,
            k8s: { service: { type: gateway.service, ports: servicePorts(options) } },
          },
        ],
      },
      values: {
        global: { istioNamespace, ...globalValues(options) },
        ...(env === undefined ? {} : { pilot: { env } }),
      },
    },
  };
}

const gatewayName = "istio-ingressgateway";
/** One that is free in most clusters, and the same in all, so that firewalls need one rule. */
const passthroughNodePort = 32001;

function globalValues({ cluster, network, meshId }: InstallOptions): Values {
  return { meshID: meshId, network, multiCluster: { clusterName: cluster } };
}

function environment({ multiRoot }: InstallOptions): Values | undefined {
  return multiRoot ? { ISTIO_MULTIROOT_MESH: "true" } : undefined;
}

function servicePorts({ gateway }: InstallOptions): readonly Values[] {
  const nodePort = gateway.service === "NodePort" ? { nodePort: passthroughNodePort } : {};
  return [
    { name: "status-port", port: 15021, targetPort: 15021 },
    { name: "http2", port: 80, targetPort: 8080 },
    { name: "https", port: 443, targetPort: 8443 },
    { name: "tls", port: gateway.port, targetPort: gateway.port, ...nodePort },
  ];
}
