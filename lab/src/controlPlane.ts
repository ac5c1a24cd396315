import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAuthority, createServiceAccountKeys, issueCertificate } from "./certificates.ts";
import { type Cluster, openCluster } from "./cluster.ts";
import { lastWords } from "./lastWords.ts";
import { bridgeAddress, clusterDirectory, etcdUrl, kubernetesAddress, podNetwork, serviceNetwork } from "./layout.ts";
import { createNodeNamespace } from "./network.ts";
import { startProcess } from "./processes.ts";
import { programPath } from "./programs.ts";
import { type ClusterState, firstNode, type LabState } from "./state.ts";
import { waitFor } from "./waitFor.ts";

/** One etcd serves all clusters, each under its own prefix. It forgets nothing while it runs, and nobody needs it after `down`. */
export async function startEtcd(lab: LabState): Promise<void> {
  const url = etcdUrl(lab.network);
  await startProcess(lab.home, {
    name: "etcd",
    argv: [
      programPath(lab.home, "etcd"),
      `--data-dir=${join(lab.home, "etcd")}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      "--listen-peer-urls=http://127.0.0.1:0",
      "--unsafe-no-fsync",
      "--quota-backend-bytes=2000000000",
      "--log-level=warn",
    ],
  });
}

/** Writes what a cluster's programs read: certificates, keys, the audit policy. */
export async function prepareCluster(lab: LabState, cluster: ClusterState): Promise<void> {
  const directory = clusterDirectory(lab.home, cluster.name);
  await mkdir(join(directory, "pods"), { recursive: true });
  await mkdir(join(directory, "addresses"), { recursive: true });
  const authority = await createAuthority(`CN=${cluster.name}-kubernetes`);
  const server = await issueCertificate(authority, {
    subject: "CN=kube-apiserver",
    addresses: [...cluster.nodes.map((node) => node.address), "127.0.0.1", kubernetesAddress],
    names: ["kubernetes.default.svc", "kubernetes.default", "localhost"],
  });
  const admin = await issueCertificate(authority, { subject: "CN=admin,O=system:masters" });
  const tokens = createServiceAccountKeys();
  const files: Readonly<Record<string, string>> = {
    "ca.crt": authority.certificate,
    "apiserver.crt": server.certificate,
    "apiserver.key": server.key,
    "admin.crt": admin.certificate,
    "admin.key": admin.key,
    "sa.key": tokens.privateKey,
    "sa.pub": tokens.publicKey,
    "audit.yaml": auditPolicy,
  };
  for (const [file, text] of Object.entries(files)) await writeFile(join(directory, file), text, { mode: 0o600 });
}

/** Every write is logged with its user agent; reads are left out, they would be thousands. */
const auditPolicy = JSON.stringify({
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [{ level: "Metadata", verbs: ["create", "update", "patch", "delete", "deletecollection"] }, { level: "None" }],
});

export async function startApiServer(lab: LabState, state: ClusterState): Promise<Cluster> {
  await createNodeNamespace(lab.network, state);
  const cluster = await openCluster(lab, state);
  const file = (name: string) => join(cluster.directory, name);
  await startProcess(lab.home, {
    name: apiServerProcess(cluster.name),
    namespace: cluster.namespace,
    cwd: cluster.directory,
    argv: [
      programPath(lab.home, "kube-apiserver"),
      `--etcd-servers=${etcdUrl(lab.network)}`,
      `--etcd-prefix=/${cluster.name}`,
      `--advertise-address=${cluster.address}`,
      `--bind-address=${cluster.address}`,
      `--service-cluster-ip-range=${serviceNetwork}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${file("sa.pub")}`,
      `--service-account-signing-key-file=${file("sa.key")}`,
      `--client-ca-file=${file("ca.crt")}`,
      `--tls-cert-file=${file("apiserver.crt")}`,
      `--tls-private-key-file=${file("apiserver.key")}`,
      "--authorization-mode=RBAC",
      "--allow-privileged=true",
      "--kubelet-preferred-address-types=InternalIP",
      `--audit-policy-file=${file("audit.yaml")}`,
      `--audit-log-path=${file("audit.log")}`,
      "--audit-log-maxsize=1000",
      "--shutdown-delay-duration=0s",
      "--v=1",
    ],
  });
  await waitForApiServer(cluster);
  return cluster;
}

export function apiServerProcess(cluster: string): string {
  return `${cluster}-apiserver`;
}

export async function waitForApiServer(cluster: Cluster): Promise<void> {
  const name = apiServerProcess(cluster.name);
  await waitFor(`the API server of ${cluster.name}`, () => cluster.api.isReady(), {
    seconds: 120,
    hopeless: () => lastWords(cluster.home, name),
  });
}

const controllers = [
  "endpointslice-controller",
  "endpoints-controller",
  "namespace-controller",
  "serviceaccount-controller",
  "root-ca-certificate-publisher-controller",
  "garbage-collector-controller",
  "serviceaccount-token-controller",
];

/** Only the controllers that a mesh needs. There is no scheduler: the lab itself realises Deployments and Pods. */
export async function startControllers(cluster: Cluster): Promise<void> {
  await startProcess(cluster.home, {
    name: `${cluster.name}-controllers`,
    namespace: cluster.namespace,
    cwd: cluster.directory,
    argv: [
      programPath(cluster.home, "kube-controller-manager"),
      `--kubeconfig=${join(cluster.directory, "admin.kubeconfig")}`,
      "--use-service-account-credentials=false",
      `--service-account-private-key-file=${join(cluster.directory, "sa.key")}`,
      `--root-ca-file=${join(cluster.directory, "ca.crt")}`,
      "--leader-elect=false",
      `--controllers=${controllers.join(",")}`,
      "--v=1",
    ],
  });
}

export async function startProxy(cluster: Cluster): Promise<void> {
  await startProcess(cluster.home, {
    name: `${cluster.name}-proxy`,
    namespace: cluster.namespace,
    cwd: cluster.directory,
    argv: [
      programPath(cluster.home, "kube-proxy"),
      `--kubeconfig=${join(cluster.directory, "admin.kubeconfig")}`,
      "--proxy-mode=iptables",
      `--cluster-cidr=${podNetwork}`,
      `--hostname-override=${firstNode(cluster).name}`,
      `--nodeport-addresses=${bridgeAddress(cluster.network)}/16`,
      "--iptables-min-sync-period=100ms",
      ...["max-per-core", "tcp-timeout-established", "tcp-timeout-close-wait"].map((name) => `--conntrack-${name}=0`),
      "--v=1",
    ],
  });
}

const kubeletPort = 10250;

/** What a kubelet does for `kubectl exec`, `port-forward` and `logs`; nothing else of it. kubelet/main.go */
export async function startKubelet(cluster: Cluster): Promise<void> {
  await startProcess(cluster.home, {
    name: `${cluster.name}-kubelet`,
    namespace: cluster.namespace,
    cwd: cluster.directory,
    argv: [
      programPath(cluster.home, "lab-kubelet"),
      `--listen=0.0.0.0:${kubeletPort}`,
      `--tls-cert-file=${join(cluster.directory, "apiserver.crt")}`,
      `--tls-private-key-file=${join(cluster.directory, "apiserver.key")}`,
      `--pods=${join(cluster.directory, "pods")}`,
      `--logs=${join(cluster.home, "logs")}`,
      `--cluster=${cluster.name}`,
      `--host-namespace=${cluster.namespace}`,
      `--server=https://${cluster.address}:6443`,
      `--ca-file=${join(cluster.directory, "ca.crt")}`,
      `--client-cert-file=${join(cluster.directory, "admin.crt")}`,
      `--client-key-file=${join(cluster.directory, "admin.key")}`,
    ],
  });
}

export async function registerNodes(cluster: Cluster): Promise<void> {
  await Promise.all(
    cluster.nodes.map(async (node) => {
      const labels = {
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/region": node.region,
        "topology.kubernetes.io/zone": node.zone,
      };
      await cluster.api.apply({ apiVersion: "v1", kind: "Node", metadata: { name: node.name, labels } });
      await cluster.api.patchStatus(
        { apiVersion: "v1", kind: "Node", name: node.name },
        {
          addresses: [
            { type: "InternalIP", address: node.address },
            { type: "Hostname", address: node.name },
          ],
          daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
          conditions: [{ type: "Ready", status: "True", reason: "Lab", message: "an address in a namespace" }],
        },
      );
    }),
  );
}
