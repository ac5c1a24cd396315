import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Cluster } from "./cluster.ts";
import type { Container } from "./kubeObject.ts";
import { LabError } from "./labError.ts";
import { podAddress } from "./layout.ts";
import { writeFileAtomically } from "./writeFileAtomically.ts";

/** What the lab knows of a pod that it made. The rest is in the API server. */
export interface PodRecord {
  readonly namespace: string;
  readonly name: string;
  readonly netns: string;
  readonly directory: string;
  readonly addressIndex: number;
  readonly address: string;
  readonly node: string;
  readonly nodeAddress: string;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Istio's annotations of the template. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** As a StatefulSet's pods have them: the pod's name in a headless Service. */
  readonly hostname?: string;
  readonly subdomain?: string;
  /** The name of the Deployment, or of the pod itself when it stands alone. */
  readonly workload: string;
  readonly owned: boolean;
  /** Tells whether a Deployment's template has changed since. */
  readonly fingerprint: string;
  readonly proxy: "sidecar" | "router" | "none";
  readonly containers: readonly Container[];
}

export async function listPods(cluster: Cluster): Promise<PodRecord[]> {
  const names = (await readdir(join(cluster.directory, "pods")).catch(() => [])).filter((name) =>
    name.endsWith(".json"),
  );
  const texts = await Promise.all(
    names.map((name) => readFile(join(cluster.directory, "pods", name), "utf8").catch(() => undefined)),
  );
  return texts
    .flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as PodRecord]))
    .toSorted((a, b) => key(a).localeCompare(key(b), "en", { numeric: true }));
}

export async function savePod(cluster: Cluster, pod: PodRecord): Promise<void> {
  await writeFileAtomically(recordPath(cluster, pod), JSON.stringify(pod, undefined, 1));
}

export async function forgetPod(cluster: Cluster, pod: PodRecord): Promise<void> {
  await rm(recordPath(cluster, pod), { force: true });
  await rm(pod.directory, { recursive: true, force: true });
}

export function podDirectory(cluster: Cluster, namespace: string, name: string): string {
  return join(cluster.directory, "pods", `${namespace}.${name}`);
}

/**
 * Making a folder is atomic: two commands that run at once never get the same address. An address is not used again, because
 * proxies elsewhere may still send there what was meant for the pod that had it.
 */
export async function takeAddress(cluster: Cluster): Promise<{ readonly index: number; readonly address: string }> {
  const folder = join(cluster.directory, "addresses");
  for (let index = (await readdir(folder)).length; index < 60_000; index++) {
    try {
      await mkdir(join(folder, `${index}`));
      return { index, address: podAddress(index) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  throw new LabError(`${cluster.name} has no free pod address`);
}

/** Finds a pod by `namespace/name`, where the name is a pod's, a Deployment's, or the value of the label `app`. */
export async function findPod(cluster: Cluster, selector: string): Promise<PodRecord> {
  const [found] = await findPods(cluster, selector);
  if (found !== undefined) return found;
  const known = (await listPods(cluster)).map(key).join(" ");
  throw new LabError(`${cluster.name} has no pod ${selector}; there are: ${known}`);
}

async function findPods(cluster: Cluster, selector: string): Promise<PodRecord[]> {
  const [namespace = "", name = ""] = selector.includes("/") ? selector.split("/") : ["default", selector];
  const inSame = (await listPods(cluster)).filter((pod) => pod.namespace === namespace);
  for (const matches of [
    (pod: PodRecord) => pod.name === name,
    (pod: PodRecord) => pod.workload === name,
    (pod: PodRecord) => pod.labels.app === name,
  ]) {
    const found = inSame.filter(matches);
    if (found.length > 0) return found;
  }
  return [];
}

function key(pod: PodRecord): string {
  return `${pod.namespace}/${pod.name}`;
}

function recordPath(cluster: Cluster, pod: PodRecord): string {
  return `${podDirectory(cluster, pod.namespace, pod.name)}.json`;
}
