import { readFile } from "node:fs/promises";
import type { Cluster } from "./cluster.ts";
import { type AppProgram, programOf } from "./images.ts";
import type { Container, KubeObject } from "./kubeObject.ts";
import { LabError } from "./labError.ts";
import { lastWords } from "./lastWords.ts";
import { appUser, dnsAddress, istioVersion } from "./layout.ts";
import { createPodNamespace, removeNamespace } from "./network.ts";
import { forgetPod, type PodRecord, savePod } from "./podRecord.ts";
import { removeProcess, runningPid, startProcess, stopProcess } from "./processes.ts";
import { isProxyReady, proxyMetadata, proxyProcess, redirectTraffic, startProxy, writeProxyFiles } from "./sidecar.ts";
import { waitFor } from "./waitFor.ts";

/** Makes a pod that `record` describes: object, network, proxy, apps. Returns when it is ready. */
export async function createPod(cluster: Cluster, record: PodRecord, owner?: KubeObject): Promise<void> {
  for (const container of record.containers) appOf(cluster, record, container); // an unknown image fails before anything is made
  await waitForServiceAccount(cluster, record);
  await savePod(cluster, record);
  await cluster.api.apply(podObject(cluster, record, owner));
  await reportPod(cluster, record);
  await createPodNamespace({
    namespace: record.netns,
    node: cluster.namespace,
    port: `p${record.addressIndex}`,
    address: record.address,
    resolvConf:
      `nameserver ${dnsAddress}\n` +
      `search ${record.namespace}.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n`,
    hosts: `127.0.0.1 localhost\n${cluster.address} istiod.istio-system.svc\n${record.address} ${record.name}\n`,
  });
  if (record.proxy === "sidecar") await redirectTraffic(cluster, record);
  await startPod(cluster, record);
}

/** Starts what should run in a pod and does not, also after `stopPod` and `stopApps`. */
export async function startPod(cluster: Cluster, pod: PodRecord): Promise<void> {
  const startedAt = new Date();
  if (pod.proxy !== "none") {
    await writeProxyFiles(cluster, pod);
    await startProxy(cluster, pod);
  }
  await Promise.all(pod.containers.map((container) => startApp(cluster, pod, container)));
  await waitUntilReady(cluster, pod);
  await reportPod(cluster, pod, startedAt);
}

/** Ends what runs in a pod, as a crash would; its object stays and says that it isn't ready. */
export async function stopPod(cluster: Cluster, pod: PodRecord): Promise<void> {
  for (const name of processesOf(cluster, pod)) await stopProcess(cluster.home, name);
  await reportPod(cluster, pod);
}

/** Ends the apps only: the proxy stays, and nobody tells the API server. */
export async function stopApps(cluster: Cluster, pod: PodRecord): Promise<void> {
  for (const { name } of pod.containers) await stopProcess(cluster.home, appProcess(cluster, pod, name));
}

export async function removePod(cluster: Cluster, pod: PodRecord): Promise<void> {
  await cluster.api.remove({ apiVersion: "v1", kind: "Pod", name: pod.name, namespace: pod.namespace });
  for (const name of processesOf(cluster, pod)) await removeProcess(cluster.home, name);
  await removeNamespace(pod.netns);
  await forgetPod(cluster, pod);
}

/** Whether the processes do what the object says. */
export async function isPodReady(cluster: Cluster, pod: PodRecord): Promise<boolean> {
  if (pod.proxy !== "none" && !(await isProxyReady(pod))) return false;
  const running = await Promise.all(pod.containers.map((container) => isAppReady(cluster, pod, container)));
  return running.every(Boolean);
}

function appProcess(cluster: Cluster, pod: PodRecord, container: string): string {
  return `${cluster.name}-${pod.namespace}.${pod.name}-${container}`;
}

function processesOf(cluster: Cluster, pod: PodRecord): string[] {
  return [proxyProcess(cluster, pod), ...pod.containers.map(({ name }) => appProcess(cluster, pod, name))];
}

function appOf(cluster: Cluster, pod: PodRecord, container: Container): AppProgram {
  return programOf(container, { home: cluster.home, cluster: cluster.name, pod: pod.name });
}

async function startApp(cluster: Cluster, pod: PodRecord, container: Container): Promise<void> {
  const app = appOf(cluster, pod, container);
  if (app.run === "proxy") return;
  await startProcess(cluster.home, {
    name: appProcess(cluster, pod, container.name),
    namespace: pod.netns,
    user: appUser,
    argv: app.run === "idle" ? ["sleep", "infinity"] : app.argv,
    env: {
      ...environmentOf(container),
      ...(app.run === "idle" ? {} : app.env),
      HOSTNAME: pod.name,
      POD_NAME: pod.name,
    },
  });
}

function environmentOf(container: Container): Record<string, string> {
  return Object.fromEntries(
    (container.env ?? []).flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
  );
}

async function waitUntilReady(cluster: Cluster, pod: PodRecord): Promise<void> {
  await waitFor(`pod ${pod.namespace}/${pod.name} of ${cluster.name}`, () => isPodReady(cluster, pod), {
    seconds: 90,
    everyMs: 200,
    hopeless: () => deadProcess(cluster, pod),
  });
}

async function deadProcess(cluster: Cluster, pod: PodRecord): Promise<string | undefined> {
  const names = pod.containers
    .filter((container) => appOf(cluster, pod, container).run !== "proxy")
    .map((container) => appProcess(cluster, pod, container.name));
  if (pod.proxy !== "none") names.push(proxyProcess(cluster, pod));
  for (const name of names) {
    const words = await lastWords(cluster.home, name);
    if (words !== undefined) return words;
  }
  return undefined;
}

async function isAppReady(cluster: Cluster, pod: PodRecord, container: Container): Promise<boolean> {
  const app = appOf(cluster, pod, container);
  if (app.run === "proxy") return true;
  const pid = await runningPid(cluster.home, appProcess(cluster, pod, container.name));
  if (pid === undefined) return false;
  if (app.run === "idle") return true;
  const listening = await listeningPorts(pid);
  return (container.ports ?? []).every(({ containerPort }) => listening.has(containerPort));
}

/** Reads the kernel's tables instead of connecting, so that no app sees a stray connection. */
async function listeningPorts(pid: number): Promise<ReadonlySet<number>> {
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/${pid}/net/${name}`, "utf8").catch(() => "")),
  );
  const fields = tables.flatMap((table) => table.split("\n").slice(1)).map((line) => line.trim().split(/\s+/));
  const listening = fields.filter(([, , , state]) => state === "0A");
  return new Set(listening.map(([, local = ""]) => Number.parseInt(local.split(":")[1] ?? "", 16)));
}

async function waitForServiceAccount(cluster: Cluster, pod: PodRecord): Promise<void> {
  const path = `/api/v1/namespaces/${pod.namespace}/serviceaccounts/${pod.serviceAccount}`;
  await waitFor(
    `service account ${pod.namespace}/${pod.serviceAccount} of ${cluster.name}`,
    () => cluster.api.get(path),
    {
      seconds: 20,
    },
  ).catch((error: unknown) => {
    throw new LabError(`pod ${pod.namespace}/${pod.name} has no service account ${pod.serviceAccount}`, {
      cause: error,
    });
  });
}

function podObject(cluster: Cluster, pod: PodRecord, owner: KubeObject | undefined): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      labels: pod.labels,
      ...(pod.proxy === "none" ? {} : { annotations: annotationsOf(pod) }),
      ...(owner === undefined ? {} : { ownerReferences: [ownerReference(owner)] }),
    },
    spec: {
      nodeName: pod.node,
      serviceAccountName: pod.serviceAccount,
      automountServiceAccountToken: false,
      ...(pod.hostname && { hostname: pod.hostname }),
      ...(pod.subdomain && { subdomain: pod.subdomain }),
      containers: containersOf(cluster, pod).map(({ name, image, command, args, env, ports }) => ({
        ...{ name, image, command, args, env, ports },
      })),
    },
  };
}

function annotationsOf({ annotations }: PodRecord): Readonly<Record<string, string>> {
  return { "sidecar.istio.io/status": '{"revision":"default"}', ...annotations };
}

/** With the containers that injection adds or completes. */
function containersOf(cluster: Cluster, pod: PodRecord): Container[] {
  const proxy = {
    image: proxyImage,
    env: [
      { name: "SECRET_TTL", value: cluster.certificates },
      { name: "ISTIO_META_DNS_CAPTURE", value: proxyMetadata(pod).ISTIO_META_DNS_CAPTURE ?? "true" },
    ],
  };
  const containers = pod.containers.map((container) =>
    container.image === "auto" ? { ...container, ...proxy } : container,
  );
  return pod.proxy === "sidecar" ? [...containers, { name: "istio-proxy", ...proxy }] : containers;
}

const proxyImage = `docker.io/istio/proxyv2:${istioVersion}`;

function ownerReference(owner: KubeObject): unknown {
  const { apiVersion, kind } = owner;
  return { apiVersion, kind, name: owner.metadata.name, uid: owner.metadata.uid, controller: true };
}

async function reportPod(cluster: Cluster, pod: PodRecord, startedAt?: Date): Promise<void> {
  const ready = startedAt !== undefined;
  const status = ready ? "True" : "False";
  await cluster.api.patchStatus(
    { apiVersion: "v1", kind: "Pod", name: pod.name, namespace: pod.namespace },
    {
      phase: "Running",
      podIP: pod.address,
      podIPs: [{ ip: pod.address }],
      hostIP: pod.nodeAddress,
      conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type, index) => ({
        type,
        status: index < 2 ? "True" : status,
      })),
      containerStatuses: containersOf(cluster, pod).map(({ name, image }) => ({
        ...{ name, image, imageID: image, ready, started: ready, restartCount: 0 },
        state: ready
          ? { running: { startedAt: startedAt.toISOString() } }
          : { waiting: { reason: "ContainerCreating" } },
      })),
    },
  );
}
