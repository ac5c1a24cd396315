import { createHash } from "node:crypto";
import type { Cluster } from "./cluster.ts";
import { proxyOf } from "./injection.ts";
import type { Deployment, KubeObject, PodTemplate } from "./kubeObject.ts";
import { podNamespace } from "./layout.ts";
import { createPod, isPodReady, removePod, startPod } from "./pod.ts";
import { listPods, type PodRecord, podDirectory, takeAddress } from "./podRecord.ts";
import { firstNode } from "./state.ts";

interface PodPlan {
  readonly namespace: string;
  readonly name: string;
  readonly workload: string;
  readonly owned: boolean;
  readonly template: PodTemplate;
}

/** Makes the pods of a Deployment what its template and replicas say, and returns when they are ready. */
export async function realiseDeployment(cluster: Cluster, deployment: Deployment): Promise<void> {
  const { name, namespace = "default" } = deployment.metadata;
  const { replicas = 1, template } = deployment.spec;
  const wanted = Array.from({ length: replicas }, (_, index) => `${name}-${index + 1}`);
  const present = await podsOf(cluster, namespace, name);
  const plan = (pod: string): PodPlan => ({ namespace, name: pod, workload: name, owned: true, template });
  const surplus = present.filter((pod) => !wanted.includes(pod.name));
  await Promise.all([
    ...surplus.map((pod) => removePod(cluster, pod)),
    ...wanted.map((pod) => realisePod(cluster, plan(pod), deployment)),
  ]);
  await cluster.api.patchStatus(
    { apiVersion: "apps/v1", kind: "Deployment", name, namespace },
    {
      observedGeneration: deployment.metadata.generation,
      ...{ replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas },
      conditions: [
        { type: "Available", status: "True", reason: "MinimumReplicasAvailable", message: "realised by the lab" },
      ],
    },
  );
}

/** A Pod that stands in a manifest by itself. */
export async function realiseLonePod(cluster: Cluster, pod: KubeObject): Promise<void> {
  const { name, namespace = "default" } = pod.metadata;
  const template: PodTemplate = { metadata: pod.metadata, spec: pod.spec as PodTemplate["spec"] };
  await realisePod(cluster, { namespace, name, workload: name, owned: false, template });
}

export async function podsOf(cluster: Cluster, namespace: string, workload: string): Promise<PodRecord[]> {
  return (await listPods(cluster)).filter(
    (pod) => pod.owned && pod.namespace === namespace && pod.workload === workload,
  );
}

/** A pod that is as it should be is left alone, one that has died is started again, one whose template changed is replaced. */
async function realisePod(cluster: Cluster, plan: PodPlan, owner?: KubeObject): Promise<void> {
  const proxy = cluster.mesh ? proxyOf(plan.template, await namespaceLabels(cluster, plan.namespace)) : "none";
  const fingerprint = createHash("sha256")
    .update(JSON.stringify([plan.template, proxy]))
    .digest("hex");
  const present = (await listPods(cluster)).find((pod) => pod.namespace === plan.namespace && pod.name === plan.name);
  if (present?.fingerprint === fingerprint) {
    if (!(await isPodReady(cluster, present))) await startPod(cluster, present);
    return;
  }
  if (present !== undefined) await removePod(cluster, present);
  await createPod(cluster, await recordOf(cluster, plan, { proxy, fingerprint }), owner);
}

async function recordOf(
  cluster: Cluster,
  plan: PodPlan,
  decided: Pick<PodRecord, "proxy" | "fingerprint">,
): Promise<PodRecord> {
  const { index, address } = await takeAddress(cluster);
  const { namespace, name, workload, owned, template } = plan;
  const node = cluster.nodes[index % cluster.nodes.length] ?? firstNode(cluster);
  return {
    ...decided,
    ...{ namespace, name, workload, owned, address, addressIndex: index },
    netns: podNamespace(cluster.network, cluster.name, `${namespace}.${name}`),
    directory: podDirectory(cluster, namespace, name),
    node: node.name,
    nodeAddress: node.address,
    serviceAccount: template.spec.serviceAccountName ?? "default",
    labels: labelsOf(plan, decided.proxy),
    ...annotationsOf(template),
    ...(template.spec.hostname && { hostname: template.spec.hostname }),
    ...(template.spec.subdomain && { subdomain: template.spec.subdomain }),
    containers: template.spec.containers,
  };
}

function annotationsOf({ metadata }: PodTemplate): Pick<PodRecord, "annotations"> {
  const ofIstio = Object.entries(metadata?.annotations ?? {}).filter(([name]) => /^[a-z.]*istio\.io\//.test(name));
  return ofIstio.length === 0 ? {} : { annotations: Object.fromEntries(ofIstio) };
}

/**
 * The labels that Istio's injection adds: without `tlsMode` no client would speak mutual TLS to the pod. A gateway does not get it
 * (istio-discovery/files/gateway-injection-template.yaml).
 */
function labelsOf(plan: PodPlan, proxy: PodRecord["proxy"]): Readonly<Record<string, string>> {
  const labels = plan.template.metadata?.labels ?? {};
  if (proxy === "none") return labels;
  return {
    ...(proxy === "sidecar" ? { "security.istio.io/tlsMode": "istio" } : {}),
    "service.istio.io/canonical-name": labels.app ?? plan.workload,
    "service.istio.io/canonical-revision": labels.version ?? "latest",
    ...labels,
  };
}

async function namespaceLabels(cluster: Cluster, namespace: string): Promise<Readonly<Record<string, string>>> {
  return (await cluster.api.get(`/api/v1/namespaces/${namespace}`))?.metadata.labels ?? {};
}
