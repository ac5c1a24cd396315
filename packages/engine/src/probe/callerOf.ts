import {
  type AcrossPath,
  consumersAt,
  type Intents,
  isConsumer,
  isReady,
  type Observed,
  type Pod,
  type SharedService,
} from "@isthmus/core";

/** A workload that may call a path. */
export interface Caller {
  readonly cluster: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pod: string;
  /** Its app's container. */
  readonly container: string;
}

/** As probes name it. */
export function podOf({ cluster, namespace, pod }: Caller): string {
  return `${namespace}/${pod} in ${cluster}`;
}

const proxyContainer = "istio-proxy";

/** A running workload with a sidecar that the path is declared for, the first by name; undefined where there is none. */
export function callerOf(
  path: AcrossPath,
  share: SharedService | undefined,
  { observed, intents }: { readonly observed: Observed; readonly intents: Pick<Intents, "clusters"> },
): Caller | undefined {
  const { cluster, namespace } = path.consumer;
  const pods = (observed.clusters.get(cluster)?.objects ?? []).filter(
    (object): object is Pod =>
      object.kind === "Pod" &&
      (namespace === "*" || object.metadata.namespace === namespace) &&
      isRunning(object as Pod),
  );
  const callers = pods.flatMap((pod) => {
    const containers = (pod.spec.containers ?? []).map(({ name }) => name);
    const container = containers.find((name) => name !== proxyContainer);
    const all = [...containers, ...(pod.spec.initContainers ?? []).map(({ name }) => name)];
    if (container === undefined || !all.includes(proxyContainer)) return [];
    const { name, namespace: where = "default" } = pod.metadata;
    return [
      { cluster, namespace: where, serviceAccount: pod.spec.serviceAccountName ?? "default", pod: name, container },
    ];
  });
  return callers
    .filter((caller) => share === undefined || isCaller(share, caller, intents))
    .sort((a, b) => (`${a.namespace}/${a.pod}` < `${b.namespace}/${b.pod}` ? -1 : 1))[0];
}

function isCaller({ spec }: SharedService, caller: Caller, { clusters }: Pick<Intents, "clusters">): boolean {
  return isConsumer(`${caller.serviceAccount}.${caller.namespace}`, consumersAt(spec, caller, clusters));
}

function isRunning(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && isReady(pod);
}
