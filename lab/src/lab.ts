import { type AccessLogEntry, readAccessLog } from "./accessLog.ts";
import type { ObjectRef } from "./apiClient.ts";
import { applyObjects, removeObject, removeObjects } from "./applyObjects.ts";
import { type ApiWrite, readWrites, type WriteFilter } from "./auditLog.ts";
import type { Cluster } from "./cluster.ts";
import { apiServerProcess, waitForApiServer } from "./controlPlane.ts";
import { type CurlOptions, type CurlResult, curlFrom, execInPod } from "./curl.ts";
import { refreshDns } from "./dns.ts";
import { stopLab } from "./down.ts";
import { istiodProcess, waitForIstiod } from "./istiod.ts";
import type { KubeObject } from "./kubeObject.ts";
import { LabError } from "./labError.ts";
import { kubeconfigPath } from "./layout.ts";
import { assignLoadBalancers } from "./loadBalancer.ts";
import { parseManifests } from "./manifests.ts";
import { mountOnce } from "./mounts.ts";
import { removePod, startPod, stopApps, stopPod } from "./pod.ts";
import { findPod, listPods, type PodRecord } from "./podRecord.ts";
import { startAgain, stopProcess } from "./processes.ts";
import { inNamespace, type RunResult, run } from "./run.ts";
import type { LabState } from "./state.ts";
import { waitFor } from "./waitFor.ts";

/** Manifests as text, or objects. */
export type Manifests = string | readonly KubeObject[];

/**
 * A running lab. Clusters are named cluster1, cluster2, …; a pod is named by `namespace/name`, where the name is the pod's, its
 * Deployment's or its label `app`.
 */
export class Lab {
  readonly state: LabState;
  readonly kubeconfig: string;
  readonly #clusters: ReadonlyMap<string, Cluster>;

  constructor(state: LabState, clusters: readonly Cluster[]) {
    this.state = state;
    this.kubeconfig = kubeconfigPath(state.home);
    this.#clusters = new Map(clusters.map((cluster) => [cluster.name, cluster]));
  }

  get clusters(): readonly Cluster[] {
    return [...this.#clusters.values()];
  }

  cluster(name: string): Cluster {
    const cluster = this.#clusters.get(name);
    if (cluster !== undefined) return cluster;
    throw new LabError(`the lab has no cluster ${name}; it has: ${[...this.#clusters.keys()].join(" ")}`);
  }

  /** Server-side apply; Deployments and Pods are realised. Objects without a namespace go to `namespace`. */
  async apply(cluster: string, manifests: Manifests, namespace = "default"): Promise<void> {
    await applyObjects(this.cluster(cluster), objectsOf(manifests, namespace));
  }

  /** Removes what a manifest holds, or one object. */
  async remove(cluster: string, what: Manifests | ObjectRef, namespace = "default"): Promise<void> {
    if (typeof what === "string" || isList(what))
      await removeObjects(this.cluster(cluster), objectsOf(what, namespace));
    else await removeObject(this.cluster(cluster), what);
  }

  /** Runs a program as the app's user in the network of a pod. */
  async exec(cluster: string, pod: string, argv: readonly string[], timeoutMs?: number): Promise<RunResult> {
    return execInPod(await this.pod(cluster, pod), argv, timeoutMs);
  }

  async curl(cluster: string, pod: string, url: string, options?: CurlOptions): Promise<CurlResult> {
    return curlFrom(await this.pod(cluster, pod), url, options);
  }

  /** Asks again and again until the status is as expected: every change takes its time to reach the proxies. */
  async curlUntil(
    cluster: string,
    pod: string,
    url: string,
    status: number,
    options?: CurlOptions,
  ): Promise<CurlResult> {
    let last: CurlResult | undefined;
    const ask = async () => {
      last = await this.curl(cluster, pod, url, { timeoutSeconds: 3, ...options });
      return last.status === status && last;
    };
    return waitFor(`${status} from ${url}`, ask, { seconds: 30 }).catch((error: unknown) => {
      throw new LabError(`${url} answers ${last?.status} ${last?.error}${last?.body}, not ${status}`, { cause: error });
    });
  }

  async accessLog(cluster: string, pod: string): Promise<AccessLogEntry[]> {
    return readAccessLog(this.cluster(cluster), await this.pod(cluster, pod));
  }

  /** The text behind a path of Envoy's admin interface, e.g. `/clusters` or `/config_dump`. */
  async envoyAdmin(cluster: string, pod: string, path: string): Promise<string> {
    const { netns } = await this.pod(cluster, pod);
    return run(inNamespace(netns, ["curl", "-sS", "-f", "-m", "10", `http://127.0.0.1:15000${path}`]));
  }

  /** The text behind a path of istiod's own HTTP server, e.g. `/debug/configz`. */
  async istiodDebug(cluster: string, path: string): Promise<string> {
    const { namespace } = this.cluster(cluster);
    return run(inNamespace(namespace, ["curl", "-sS", "-f", "-m", "10", `http://127.0.0.1:8080${path}`]));
  }

  /** What a program, `isthmus` unless told, asked an API server to write. */
  async writes(cluster: string, filter?: WriteFilter): Promise<ApiWrite[]> {
    return readWrites(this.cluster(cluster), filter);
  }

  async pod(cluster: string, pod: string): Promise<PodRecord> {
    return findPod(this.cluster(cluster), pod);
  }

  async pods(cluster: string): Promise<PodRecord[]> {
    return listPods(this.cluster(cluster));
  }

  /** Ends a pod's processes as a crash would; `startPod` brings the same pod back. */
  async stopPod(cluster: string, pod: string): Promise<void> {
    await stopPod(this.cluster(cluster), await this.pod(cluster, pod));
  }

  /** Ends a pod's app behind its proxy, unseen by the API server; `startPod` brings it back. */
  async stopApps(cluster: string, pod: string): Promise<void> {
    await stopApps(this.cluster(cluster), await this.pod(cluster, pod));
  }

  async startPod(cluster: string, pod: string): Promise<void> {
    await startPod(this.cluster(cluster), await this.pod(cluster, pod));
  }

  async removePod(cluster: string, pod: string): Promise<void> {
    await removePod(this.cluster(cluster), await this.pod(cluster, pod));
  }

  async stopApiServer(cluster: string): Promise<void> {
    await stopProcess(this.state.home, apiServerProcess(this.cluster(cluster).name));
  }

  async startApiServer(cluster: string): Promise<void> {
    await startAgain(this.state.home, apiServerProcess(this.cluster(cluster).name));
    await waitForApiServer(this.cluster(cluster));
  }

  async stopIstiod(cluster: string): Promise<void> {
    await stopProcess(this.state.home, istiodProcess(this.cluster(cluster).name));
  }

  /** As a new pod: with the certificates that its Secret holds by now. */
  async startIstiod(cluster: string): Promise<void> {
    await mountOnce(this.cluster(cluster));
    await startAgain(this.state.home, istiodProcess(this.cluster(cluster).name));
    await waitForIstiod(this.cluster(cluster));
  }

  /** Tells cluster DNS and the load balancers about Services that others have made. */
  async refreshDns(cluster?: string): Promise<void> {
    const clusters = cluster === undefined ? this.clusters : [this.cluster(cluster)];
    await Promise.all(
      clusters.map(async (each) => {
        await assignLoadBalancers(each);
        await refreshDns(each);
      }),
    );
  }

  /** Lets go of the lab and leaves it running. */
  close(): void {
    for (const { api } of this.clusters) api.close();
  }

  async down(): Promise<void> {
    this.close();
    await stopLab(this.state.home);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }
}

function objectsOf(manifests: Manifests, namespace: string): KubeObject[] {
  const objects = typeof manifests === "string" ? parseManifests(manifests) : manifests;
  return objects.map((object) => ({ ...object, metadata: { namespace, ...object.metadata } }));
}

function isList(what: Manifests | ObjectRef): what is readonly KubeObject[] {
  return Array.isArray(what);
}
