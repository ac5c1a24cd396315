import { setTimeout as delay } from "node:timers/promises";
import { kindEntry, type Pod } from "@isthmus/core";
import { type EphemeralContainer, type KubeClient, KubeError, orAborted, type PodName } from "@isthmus/kube";

export interface ContainerWish {
  readonly client: Pick<KubeClient, "list" | "addEphemeralContainer">;
  /** Holds curl and sleep. */
  readonly image: string;
  /** Milliseconds that pulling and starting it may take. */
  readonly patience: number;
  readonly signal?: AbortSignal;
}

/** A container that a probe calls from. */
export interface ProbeContainer {
  readonly name: string;
  /** By this run. An earlier run's is used again. */
  readonly added: boolean;
}

const baseName = "isthmus-probe";
/** It cannot be taken out of its pod, so it ends by itself. Seconds. */
const life = 3600;
/** Nobody's in particular, and not 1337: what a sidecar's own user sends is not captured. tools/istio-iptables */
const user = 65_532;
const pollEvery = 500;

/** Reasons for which a container that waits will not start by waiting longer. kubernetes pkg/kubelet/container/sync_result.go, images/types.go */
const hopeless = new Set([
  ...["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"],
  ...["CreateContainerConfigError", "CreateContainerError", "RunContainerError"],
]);

/**
 * A running ephemeral container with curl in a pod: one that an earlier run added, as long as it runs, else a new one. A pod
 * keeps it in its list until the pod ends. Throws an Error that says why there is none: refused, image not pulled, too slow.
 */
export async function provideContainer(at: PodName, wish: ContainerWish): Promise<ProbeContainer> {
  const { client, image, signal } = wish;
  const call = signal === undefined ? {} : { signal };
  const seen = await readPod(at, wish);
  const ours = containersOf(seen).find(
    (container) =>
      isOurs(container) && container.image === image && stateOf(seen, container.name)?.terminated === undefined,
  );
  if (ours !== undefined) {
    await untilRunning(at, ours.name, wish);
    return { name: ours.name, added: false };
  }
  const name = freeName(seen);
  try {
    await client.addEphemeralContainer(at, containerOf(name, image), call);
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    throw new Error(`no container can be added to ${at.namespace}/${at.pod}: ${error.message}`, { cause: error });
  }
  await untilRunning(at, name, wish);
  return { name, added: true };
}

/** As the strictest Pod Security Standard wants it: https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
function containerOf(name: string, image: string): EphemeralContainer {
  return {
    name,
    image,
    command: ["sleep", `${life}`],
    securityContext: {
      runAsUser: user,
      runAsGroup: user,
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
}

async function untilRunning({ namespace, pod }: PodName, name: string, wish: ContainerWish): Promise<void> {
  const deadline = performance.now() + wish.patience;
  const where = `container ${name} of ${namespace}/${pod}`;
  for (;;) {
    const state = stateOf(await readPod({ namespace, pod }, wish), name);
    if (state?.running !== undefined) return;
    const { waiting, terminated } = state ?? {};
    if (terminated !== undefined) {
      throw new Error(`${where} ended at once: ${[terminated.reason, terminated.message].filter(Boolean).join(": ")}`);
    }
    const reason = waiting?.reason ?? "";
    const why = [reason, waiting?.message].filter(Boolean).join(": ");
    if (hopeless.has(reason)) throw new Error(`${where} does not start: ${why}`);
    if (performance.now() > deadline) {
      const told = why === "" ? "its kubelet says nothing of it" : why;
      throw new Error(`${where} does not run after ${wish.patience / 1000} s: ${told}`);
    }
    await orAborted(delay(pollEvery), wish.signal);
  }
}

async function readPod({ namespace, pod }: PodName, { client, signal }: ContainerWish): Promise<Pod> {
  const kind = kindEntry("", "Pod");
  if (kind === undefined) throw new RangeError("the catalog has no Pod");
  // A list of one: `list` is the right that whoever observes has.
  const only = { namespace, fieldSelector: `metadata.name=${pod}` };
  const [found] = await client.list(kind, { ...only, ...(signal === undefined ? {} : { signal }) });
  if (found === undefined) throw new Error(`${namespace}/${pod} is gone`);
  return found as Pod;
}

function containersOf({ spec }: Pod) {
  return spec.ephemeralContainers ?? [];
}

function stateOf({ status }: Pod, name: string) {
  return status?.ephemeralContainerStatuses?.find((each) => each.name === name)?.state;
}

function isOurs({ name }: { readonly name: string }): boolean {
  return name === baseName || name.startsWith(`${baseName}-`);
}

function freeName(pod: Pod): string {
  const { containers = [], initContainers = [] } = pod.spec;
  const taken = new Set([...containers, ...initContainers, ...containersOf(pod)].map(({ name }) => name));
  for (let number = 2, name = baseName; ; name = `${baseName}-${number++}`) if (!taken.has(name)) return name;
}
