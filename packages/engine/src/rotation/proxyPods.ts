import type { KubeObject } from "@isthmus/core";

/** A pod with a proxy that has a certificate of the mesh, as the API server describes it. */
export interface ProxyPod {
  readonly namespace: string;
  readonly pod: string;
  /** `Deployment shop/web`. */
  readonly workload: string;
  /** When the proxy's container started, in milliseconds: its certificate is younger. Undefined: it does not run yet. */
  readonly startedAt: number | undefined;
  /** How long a certificate lives that it asks for, in milliseconds. */
  readonly lifetime: number;
}

interface ContainerLike {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

interface StatusLike {
  readonly name: string;
  readonly state?: { readonly running?: { readonly startedAt?: string } };
}

interface PodLike extends KubeObject {
  readonly spec?: {
    readonly containers?: readonly ContainerLike[];
    readonly initContainers?: readonly ContainerLike[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly containerStatuses?: readonly StatusLike[];
    readonly initContainerStatuses?: readonly StatusLike[];
  };
}

const proxyContainer = "istio-proxy";
// istio pilot/cmd/pilot-agent/options/options.go: SECRET_TTL
const defaultLifetime = 24 * 3_600_000;

/** The pods of a list whose proxy runs, sidecars, gateways and sidecars as init containers alike. */
export function proxyPods(pods: readonly KubeObject[]): readonly ProxyPod[] {
  return pods.flatMap((each) => proxyOf(each as PodLike));
}

function proxyOf({ metadata, spec = {}, status = {} }: PodLike): readonly ProxyPod[] {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const proxy = containers.find(({ name }) => name === proxyContainer);
  if (proxy === undefined || status.phase === "Succeeded" || status.phase === "Failed") return [];
  const statuses = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
  const started = Date.parse(statuses.find(({ name }) => name === proxyContainer)?.state?.running?.startedAt ?? "");
  const { namespace = "default", name: pod } = metadata;
  return [
    {
      namespace,
      pod,
      workload: workloadOf(metadata, namespace),
      startedAt: Number.isNaN(started) ? undefined : started,
      lifetime: readGoDuration(proxy.env?.find(({ name }) => name === "SECRET_TTL")?.value) ?? defaultLifetime,
    },
  ];
}

interface Owned {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly controller?: boolean }[];
}

/** What is to be restarted. A ReplicaSet's name is its Deployment's and the hash that the pod has as a label. */
function workloadOf(metadata: KubeObject["metadata"], namespace: string): string {
  const { name, labels, ownerReferences = [] } = metadata as Owned;
  const owner = ownerReferences.find(({ controller }) => controller === true);
  if (owner === undefined) return `Pod ${namespace}/${name}`;
  const hash = labels?.["pod-template-hash"];
  const isOfDeployment = owner.kind === "ReplicaSet" && hash !== undefined && owner.name.endsWith(`-${hash}`);
  return isOfDeployment
    ? `Deployment ${namespace}/${owner.name.slice(0, -hash.length - 1)}`
    : `${owner.kind} ${namespace}/${owner.name}`;
}

const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** `24h0m0s`, as Go writes a duration, in milliseconds. */
function readGoDuration(text: string | undefined): number | undefined {
  if (text === undefined || !/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
  return parts.reduce((sum, [, amount, unit = ""]) => sum + Number(amount) * (units[unit] ?? 0), 0);
}
