import type { Pod, PodController, PodSpec } from "../kinds/core.ts";
import type { KubeObject } from "../kinds/kubeObject.ts";
import { isReady } from "./isReady.ts";

/** A Pod, or where there are none the template that will make one. */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  /** Endpoints of it are marked as mutual TLS, so that an AUTO_PASSTHROUGH gateway forwards to them. */
  readonly meshed: boolean;
  readonly ready: boolean;
  readonly node: string | undefined;
}

/** Istio's injection puts it on each Pod; without it a passthrough cluster drops the endpoint (Istio 1.20 and later). */
export const tlsModeLabel = "security.istio.io/tlsMode";

const proxyContainer = "istio-proxy";

/** Undefined for a Pod that has ended or is going away: it serves nobody. */
export function workloadOfPod(pod: Pod): Workload | undefined {
  const phase = pod.status?.phase;
  if (phase === "Succeeded" || phase === "Failed" || pod.metadata.deletionTimestamp !== undefined) return undefined;
  const labels = pod.metadata.labels ?? {};
  return {
    namespace: pod.metadata.namespace ?? "default",
    name: pod.metadata.name,
    labels,
    serviceAccount: pod.spec.serviceAccountName ?? "default",
    meshed: labels[tlsModeLabel] === "istio",
    ready: isReady(pod),
    node: pod.spec.nodeName,
  };
}

export function workloadOfController(controller: PodController, namespaces: ReadonlyMap<string, KubeObject>): Workload {
  const { template } = controller.spec;
  const namespace = controller.metadata.namespace ?? "default";
  const labels = template.metadata?.labels ?? {};
  return {
    namespace,
    name: controller.metadata.name,
    labels,
    serviceAccount: template.spec.serviceAccountName ?? "default",
    meshed:
      hasProxy(template.spec) ||
      isInjected(namespaces.get(namespace), { ...template.metadata?.annotations, ...labels }),
    ready: (controller.spec.replicas ?? 1) > 0,
    node: undefined,
  };
}

function hasProxy(spec: PodSpec): boolean {
  return [...(spec.containers ?? []), ...(spec.initContainers ?? [])].some(({ name }) => name === proxyContainer);
}

/**
 * Whether Istio's webhook injects a sidecar into a Pod with these labels (or legacy annotations).
 * https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/
 */
export function isInjected(
  namespace: KubeObject | undefined,
  podLabels: Readonly<Record<string, string>> = {},
): boolean {
  const namespaceLabels = namespace?.metadata.labels ?? {};
  const asked = podLabels["sidecar.istio.io/inject"];
  if (namespaceLabels["istio-injection"] === "disabled") return false;
  if (asked !== undefined) return asked === "true";
  return (
    namespaceLabels["istio-injection"] === "enabled" ||
    namespaceLabels["istio.io/rev"] !== undefined ||
    podLabels["istio.io/rev"] !== undefined
  );
}

export function labelsMatch(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** Answers "which workloads of this namespace carry these labels" without walking all of them. */
export class WorkloadIndex {
  readonly #all: readonly Workload[];
  readonly #byLabel = new Map<string, Workload[]>();
  readonly #byNamespace = new Map<string, Workload[]>();

  constructor(all: readonly Workload[]) {
    this.#all = all;
    for (const workload of all) {
      push(this.#byNamespace, workload.namespace, workload);
      for (const [key, value] of Object.entries(workload.labels)) {
        push(this.#byLabel, labelKey(workload.namespace, key, value), workload);
      }
    }
  }

  in(namespace: string): readonly Workload[] {
    return this.#byNamespace.get(namespace) ?? [];
  }

  /** An empty selector selects nothing, as for a Service. */
  select(namespace: string, selector: Readonly<Record<string, string>>): readonly Workload[] {
    const buckets = Object.entries(selector).map(
      ([key, value]) => this.#byLabel.get(labelKey(namespace, key, value)) ?? [],
    );
    const [smallest] = buckets.sort((a, b) => a.length - b.length);
    return (smallest ?? []).filter(({ labels }) => labelsMatch(selector, labels));
  }

  /** The same over all namespaces: how an Istio Gateway selects its pods. */
  selectAnywhere(selector: Readonly<Record<string, string>>): readonly Workload[] {
    return this.#all.filter(({ labels }) => labelsMatch(selector, labels));
  }
}

function labelKey(namespace: string, key: string, value: string): string {
  return `${namespace}\n${key}\n${value}`;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}
