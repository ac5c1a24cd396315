import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Cluster } from "./cluster.ts";
import type { KubeObject } from "./kubeObject.ts";
import { lastWords } from "./lastWords.ts";
import { istioVersion } from "./layout.ts";
import { mountOnce, startMounts } from "./mounts.ts";
import { startProcess } from "./processes.ts";
import { programPath } from "./programs.ts";
import { inNamespace, tryRun } from "./run.ts";
import { firstNode } from "./state.ts";
import { waitFor } from "./waitFor.ts";

export const discoveryAddress = "istiod.istio-system.svc:15012";

export function istiodProcess(cluster: string): string {
  return `${cluster}-istiod`;
}

export async function createIstioNamespace(cluster: Cluster): Promise<void> {
  await cluster.api.apply({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "istio-system", labels: { "topology.istio.io/network": cluster.name } },
  });
}

/** Mesh configuration as YAML, and environment of istiod. */
export interface GeneratedIstio {
  readonly mesh: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * istiod runs as a process on the node, with the mesh configuration in its ConfigMap as in any cluster. Upstream Envoy lacks
 * Istio's own filters, therefore the switches; everything else is Istio as it is.
 */
export async function startIstiod(cluster: Cluster, given?: GeneratedIstio): Promise<void> {
  const { home, name } = cluster;
  const cwd = join(cluster.directory, "istiod");
  await mkdir(cwd, { recursive: true });
  await cluster.api.apply(meshConfiguration(cluster, given));
  await mountOnce(cluster);
  await startMounts(cluster);
  await startProcess(home, {
    name: istiodProcess(name),
    namespace: cluster.namespace,
    cwd,
    argv: [
      programPath(home, "pilot-discovery"),
      "discovery",
      `--kubeconfig=${join(cluster.directory, "admin.kubeconfig")}`,
      `--clusterID=${name}`,
      ...["--meshConfig=./none", "--networksConfig=./none"],
      ...["--httpAddr=:8080", "--httpsAddr=:15017", "--secureGRPCAddr=:15012", "--grpcAddr=:15010"],
      "--monitoringAddr=:15014",
      "--log_output_level=default:info",
      "--keepaliveMaxServerConnectionAge=30m",
    ],
    env: {
      POD_NAME: "istiod-1",
      POD_NAMESPACE: "istio-system",
      CLUSTER_ID: name,
      REVISION: "default",
      PILOT_ENABLE_ALPN_FILTER: "false",
      PILOT_ENABLE_METADATA_EXCHANGE: "false",
      PILOT_DISABLE_MX_ALPN: "true",
      CLOUD_PLATFORM: "none",
      PILOT_CERT_PROVIDER: "istiod",
      ISTIOD_CUSTOM_HOST: "",
      EXTERNAL_ISTIOD: "false",
      INJECT_ENABLED: "false",
      PILOT_ENABLE_ANALYSIS: "false",
      ISTIO_MULTIROOT_MESH: "true",
      ...given?.env,
    },
  });
}

export async function waitForIstiod(cluster: Cluster): Promise<void> {
  await waitFor(`istiod of ${cluster.name}`, () => isIstiodReady(cluster), {
    seconds: 120,
    hopeless: () => lastWords(cluster.home, istiodProcess(cluster.name)),
  });
}

export async function isIstiodReady(cluster: Cluster): Promise<boolean> {
  const probe = ["curl", "-sf", "-m", "2", "http://127.0.0.1:8080/ready"];
  return (await tryRun(inNamespace(cluster.namespace, probe))).exitCode === 0;
}

function meshConfiguration(cluster: Cluster, given?: GeneratedIstio): KubeObject {
  const mesh = {
    accessLogFile: "/dev/stdout",
    accessLogEncoding: "JSON",
    enableAutoMtls: true,
    trustDomain: "cluster.local",
    rootNamespace: "istio-system",
    outboundTrafficPolicy: { mode: cluster.outbound },
    defaultConfig: { discoveryAddress, proxyMetadata: { ISTIO_META_DNS_CAPTURE: "true" } },
  };
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "istio", namespace: "istio-system", labels: { "istio.io/rev": "default" } },
    data: { mesh: given?.mesh ?? stringify(mesh), meshNetworks: "networks: {}\n" },
  };
}

/** What a tool sees of istiod: Deployment, Pod with the version as its image's tag, Service with an endpoint. */
export async function registerIstiod(cluster: Cluster): Promise<void> {
  const labels = { app: "istiod", istio: "pilot", "istio.io/rev": "default" };
  const env = [
    { name: "ISTIO_MULTIROOT_MESH", value: "true" },
    { name: "CLUSTER_ID", value: cluster.name },
  ];
  const container = { name: "discovery", image: `docker.io/istio/pilot:${istioVersion}`, env };
  const at = (name: string) => ({ name, namespace: "istio-system", labels });
  const pod = { apiVersion: "v1", kind: "Pod", name: "istiod-1", namespace: "istio-system" };
  await cluster.api.apply({
    apiVersion: "v1",
    kind: "Service",
    metadata: at("istiod"),
    spec: {
      selector: { app: "istiod" },
      ports: [
        { name: "grpc-xds", port: 15010 },
        { name: "https-dns", port: 15012 },
        { name: "https-webhook", port: 443, targetPort: 15017 },
        { name: "http-monitoring", port: 15014 },
      ],
    },
  });
  await cluster.api.apply({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "istiod", namespace: "istio-system" },
  });
  await cluster.api.apply({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: at("istiod"),
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: "istiod" } },
      template: { metadata: { labels }, spec: { serviceAccountName: "istiod", containers: [container] } },
    },
  });
  await cluster.api.apply({
    apiVersion: pod.apiVersion,
    kind: pod.kind,
    metadata: at(pod.name),
    spec: {
      nodeName: firstNode(cluster).name,
      serviceAccountName: "istiod",
      automountServiceAccountToken: false,
      hostNetwork: true,
      containers: [container],
    },
  });
  const { name, image } = container;
  await cluster.api.patchStatus(pod, {
    phase: "Running",
    podIP: cluster.address,
    podIPs: [{ ip: cluster.address }],
    hostIP: cluster.address,
    conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({ type, status: "True" })),
    containerStatuses: [{ name, image, imageID: image, ready: true, restartCount: 0, state: { running: {} } }],
  });
  await cluster.api.patchStatus(
    { apiVersion: "apps/v1", kind: "Deployment", name: "istiod", namespace: "istio-system" },
    { replicas: 1, readyReplicas: 1, availableReplicas: 1, updatedReplicas: 1 },
  );
}
