import type { ObjectRef } from "./apiClient.ts";
import { refOf } from "./apiClient.ts";
import type { Cluster } from "./cluster.ts";
import { refreshDns } from "./dns.ts";
import type { Deployment, KubeObject, Service } from "./kubeObject.ts";
import { assignLoadBalancers, releaseLoadBalancer } from "./loadBalancer.ts";
import { inOrder } from "./manifests.ts";
import { removePod } from "./pod.ts";
import { listPods } from "./podRecord.ts";
import { waitFor } from "./waitFor.ts";
import { podsOf, realiseDeployment, realiseLonePod } from "./workloads.ts";

/** Writes objects to a cluster and realises what a kubelet or a cloud would have realised. Returns when all pods are ready. */
export async function applyObjects(cluster: Cluster, objects: readonly KubeObject[]): Promise<void> {
  const deployments: Deployment[] = [];
  for (const object of inOrder(objects)) {
    if (object.kind === "Pod") continue;
    const applied = await cluster.api.apply(object);
    if (isDeployment(applied)) deployments.push(applied);
  }
  if (objects.some(({ kind }) => kind === "Service")) {
    await assignLoadBalancers(cluster);
    await refreshDns(cluster);
  }
  await Promise.all([
    ...deployments.map((deployment) => realiseDeployment(cluster, deployment)),
    ...objects.filter(({ kind }) => kind === "Pod").map((pod) => realiseLonePod(cluster, pod)),
  ]);
}

export async function removeObjects(cluster: Cluster, objects: readonly KubeObject[]): Promise<void> {
  for (const object of inOrder(objects).toReversed()) await removeObject(cluster, refOf(object));
}

export async function removeObject(cluster: Cluster, ref: ObjectRef): Promise<void> {
  const { kind, name, namespace = "default" } = ref;
  if (kind === "Pod") {
    const pod = (await listPods(cluster)).find((each) => each.name === name && each.namespace === namespace);
    if (pod !== undefined) return removePod(cluster, pod);
  }
  if (kind === "Service") await releaseOf(cluster, ref);
  await cluster.api.remove(ref);
  if (kind === "Deployment")
    await Promise.all((await podsOf(cluster, namespace, name)).map((pod) => removePod(cluster, pod)));
  if (kind === "Namespace") await emptyNamespace(cluster, name);
  if (kind === "Service" || kind === "Namespace") await refreshDns(cluster);
}

async function releaseOf(cluster: Cluster, ref: ObjectRef): Promise<void> {
  const service = await cluster.api.get<Service>(await cluster.api.pathOf(ref));
  if (service !== undefined) await releaseLoadBalancer(cluster, service);
}

async function emptyNamespace(cluster: Cluster, namespace: string): Promise<void> {
  const pods = (await listPods(cluster)).filter((pod) => pod.namespace === namespace);
  await Promise.all(pods.map((pod) => removePod(cluster, pod)));
  const isGone = async () => (await cluster.api.get(`/api/v1/namespaces/${namespace}`)) === undefined;
  await waitFor(`the end of namespace ${namespace} of ${cluster.name}`, isGone);
}

function isDeployment(object: KubeObject): object is Deployment {
  return object.kind === "Deployment" && object.apiVersion === "apps/v1";
}
