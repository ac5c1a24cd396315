import { chown, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { Cluster } from "./cluster.ts";
import { discoveryAddress } from "./istiod.ts";
import { proxyUser } from "./layout.ts";
import type { PodRecord } from "./podRecord.ts";
import { startProcess } from "./processes.ts";
import { bootstrapPath, programPath } from "./programs.ts";
import { inNamespace, run, tryRun } from "./run.ts";
import { waitFor } from "./waitFor.ts";

const tokenSeconds = 7 * 24 * 3600;

/** Sends the pod's traffic through Envoy, as Istio's init container does. */
export async function redirectTraffic(cluster: Cluster, pod: PodRecord): Promise<void> {
  const wish = (name: string) => pod.annotations?.[`traffic.sidecar.istio.io/${name}`];
  const inbound = ["15090", "15021", "15020", ...(wish("excludeInboundPorts")?.split(",") ?? [])].join(",");
  await run(
    inNamespace(pod.netns, [
      ...[programPath(cluster.home, "pilot-agent"), "istio-iptables", "-p", "15001", "-z", "15006"],
      ...["-u", `${proxyUser}`, "-m", "REDIRECT", "-d", inbound, "-b", wish("includeInboundPorts") ?? "*"],
      ...["-i", wish("includeOutboundIPRanges") ?? "*", "-x", wish("excludeOutboundIPRanges") ?? ""],
      ...["-o", wish("excludeOutboundPorts") ?? "", "-q", wish("includeOutboundPorts") ?? ""],
      ...(proxyMetadata(pod).ISTIO_META_DNS_CAPTURE === "true" ? ["--redirect-dns"] : []),
    ]),
  );
}

/** pilot-agent uses paths relative to where it runs: one folder per pod holds what a real pod has mounted. */
export async function writeProxyFiles(cluster: Cluster, pod: PodRecord): Promise<void> {
  const [token, root] = await Promise.all([requestToken(cluster, pod), waitForRoot(cluster)]);
  const labels = Object.entries(pod.labels).map(([key, value]) => `${key}="${value}"\n`);
  const files: Readonly<Record<string, string>> = {
    "var/run/secrets/tokens/istio-token": token,
    "var/run/secrets/istio/root-cert.pem": root,
    "etc/istio/pod/labels": labels.join(""),
    "etc/istio/pod/annotations": "",
  };
  const folders = [
    ...["var/run/secrets/tokens", "var/run/secrets/istio", "var/run/secrets/workload-spiffe-uds"],
    ...["var/run/secrets/credential-uds", "etc/istio/pod", "etc/istio/proxy", "etc/certs"],
  ];
  for (const folder of folders) await mkdir(join(pod.directory, folder), { recursive: true });
  for (const [path, text] of Object.entries(files)) await writeFile(join(pod.directory, path), text, { mode: 0o600 });
  await chown(pod.directory, proxyUser, proxyUser);
  const below = await readdir(pod.directory, { recursive: true });
  await Promise.all(below.map((path) => giveToProxy(join(pod.directory, path))));
}

/** What keeps mounted files up to date may rename one at this moment. */
async function giveToProxy(path: string): Promise<void> {
  await chown(path, proxyUser, proxyUser).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

async function requestToken(cluster: Cluster, pod: PodRecord): Promise<string> {
  const { status } = await cluster.api.post<{ readonly status: { readonly token: string } }>(
    `/api/v1/namespaces/${pod.namespace}/serviceaccounts/${pod.serviceAccount}/token`,
    {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { audiences: ["istio-ca"], expirationSeconds: tokenSeconds },
    },
  );
  return status.token;
}

async function waitForRoot(cluster: Cluster): Promise<string> {
  const path = "/api/v1/namespaces/istio-system/configmaps/istio-ca-root-cert";
  return waitFor(`the root certificate of ${cluster.name}`, async () => {
    const map = await cluster.api.get<{ readonly data?: Readonly<Record<string, string>> }>(path);
    return map?.data?.["root-cert.pem"];
  });
}

/** Injection puts these into the proxy's environment. istio/pkg/kube/inject/webhook.go */
export function proxyMetadata({ annotations }: PodRecord): Readonly<Record<string, string>> {
  const written = annotations?.["proxy.istio.io/config"] ?? "";
  const config: { proxyMetadata?: Readonly<Record<string, string>> } | null = parse(written);
  return { ISTIO_META_DNS_CAPTURE: "true", ...config?.proxyMetadata };
}

export function proxyProcess(cluster: Cluster, pod: PodRecord): string {
  return `${cluster.name}-${pod.namespace}.${pod.name}-istio-proxy`;
}

export async function startProxy(cluster: Cluster, pod: PodRecord): Promise<void> {
  const config = {
    binaryPath: programPath(cluster.home, "envoy"),
    configPath: join(pod.directory, "etc/istio/proxy"),
    discoveryAddress,
    concurrency: 1,
    proxyMetadata: proxyMetadata(pod),
  };
  const gateway: Readonly<Record<string, string>> =
    pod.proxy === "router" ? { ISTIO_META_UNPRIVILEGED_POD: "true", ISTIO_META_ROUTER_MODE: "sni-dnat" } : {};
  await startProcess(cluster.home, {
    name: proxyProcess(cluster, pod),
    namespace: pod.netns,
    user: proxyUser,
    cwd: pod.directory,
    argv: [
      ...[programPath(cluster.home, "pilot-agent"), "proxy", pod.proxy === "router" ? "router" : "sidecar"],
      ...["--domain", `${pod.namespace}.svc.cluster.local`],
      ...["--proxyLogLevel=warning", "--log_output_level=default:info"],
    ],
    env: {
      PROXY_CONFIG: JSON.stringify(config),
      ISTIO_BOOTSTRAP: bootstrapPath(cluster.home),
      POD_NAME: pod.name,
      POD_NAMESPACE: pod.namespace,
      INSTANCE_IP: pod.address,
      HOST_IP: pod.nodeAddress,
      SERVICE_ACCOUNT: pod.serviceAccount,
      CA_ADDR: discoveryAddress,
      PILOT_CERT_PROVIDER: "istiod",
      TRUST_DOMAIN: "cluster.local",
      CLOUD_PLATFORM: "none",
      SECRET_TTL: cluster.certificates,
      ISTIO_CPU_LIMIT: "1",
      ISTIO_META_CLUSTER_ID: cluster.name,
      ISTIO_META_NETWORK: cluster.name,
      ISTIO_META_NODE_NAME: pod.node,
      ISTIO_META_MESH_ID: "lab",
      ISTIO_META_INTERCEPTION_MODE: "REDIRECT",
      ISTIO_META_APP_CONTAINERS: pod.containers.map(({ name }) => name).join(","),
      ISTIO_META_WORKLOAD_NAME: pod.workload,
      ISTIO_META_OWNER: `kubernetes://apis/apps/v1/namespaces/${pod.namespace}/deployments/${pod.workload}`,
      ISTIO_META_POD_PORTS: JSON.stringify(pod.containers.flatMap(({ ports = [] }) => ports)),
      ISTIO_META_ENVOY_STATS_FLUSH_INTERVAL: "5s",
      ...gateway,
      ...config.proxyMetadata,
    },
  });
}

export async function isProxyReady(pod: PodRecord): Promise<boolean> {
  const probe = ["curl", "-sf", "-m", "2", "-o", "/dev/null", "http://127.0.0.1:15021/healthz/ready"];
  return (await tryRun(inNamespace(pod.netns, probe))).exitCode === 0;
}
