import { type IstioCluster, memoisedBy, podLabels, regionLabel, type Workload, zoneLabel } from "../istio/index.ts";
import { type OutsideCaller, podsAlike, type TraceCaller, type TraceWorld } from "../trace/index.ts";

/** Pods that call alike as far as anybody can tell, or a client outside of the clusters. */
export interface Caller {
  readonly cluster: string;
  /** Absent for clients outside. */
  readonly namespace?: string;
  /** What its pods are made by, as far as their names tell; `outside`. */
  readonly workload: string;
  readonly serviceAccount?: string;
  readonly pods: number;
  /** Of its pods. */
  readonly names: readonly string[];
  readonly region?: string;
  readonly zone?: string;
  /** One of them, as a trace names it. */
  readonly from: TraceCaller | OutsideCaller;
}

export interface WorkloadCaller extends Caller {
  readonly namespace: string;
  readonly from: TraceCaller;
  readonly pod: Workload;
}

/** The workloads of a cluster that call others. Gateways only send on what they were sent. */
export const workloadCallers = memoisedBy((world: TraceWorld, cluster: IstioCluster): readonly WorkloadCaller[] => {
  const calling = cluster.workloads.filter(({ proxy, isImagined }) => proxy !== "gateway" && isImagined !== true);
  return podsAlike(world, cluster, calling).map(({ pod, names }) => callerOf(cluster, pod, names));
});

/** A client outside that comes to one of a cluster's gateways. */
export function outsideCaller(cluster: string): Caller {
  return { cluster, workload: "outside", pods: 0, names: [], from: { outside: true, cluster } };
}

export function isOutside(caller: Caller): boolean {
  return "outside" in caller.from;
}

/** `sleep.foo@cluster1`, `outside@cluster1` */
export function showCallerName({ cluster, namespace, workload }: Caller): string {
  return `${workload}${namespace === undefined ? "" : `.${namespace}`}@${cluster}`;
}

/** The region of any workload of the clusters. */
export function regionOf({ clusters }: TraceWorld, { cluster: name, ...workload }: Workload): string | undefined {
  const cluster = clusters.get(name);
  return cluster === undefined ? undefined : podLabels(cluster, { cluster: name, ...workload }).labels[regionLabel];
}

function callerOf(cluster: IstioCluster, pod: Workload, names: readonly string[]): WorkloadCaller {
  const { labels } = podLabels(cluster, pod);
  const region = labels[regionLabel];
  const zone = labels[zoneLabel];
  return {
    cluster: cluster.name,
    namespace: pod.namespace,
    workload: workloadName(pod),
    serviceAccount: pod.serviceAccount,
    pods: names.length,
    names,
    ...(region === undefined ? {} : { region }),
    ...(zone === undefined ? {} : { zone }),
    from: { cluster: cluster.name, namespace: pod.namespace, workload: pod.name },
    pod,
  };
}

/** `sleep` of pod `sleep-7d9c5b8f4-x2x9k`: what the controllers of Kubernetes add to a name is known by the labels that they set. */
export function workloadName({ name, labels, controller }: Workload): string {
  if (controller !== undefined) return name;
  const hash = labels["pod-template-hash"];
  const cut = hash === undefined ? -1 : name.lastIndexOf(`-${hash}`);
  if (cut > 0) return name.slice(0, cut);
  if (labels["statefulset.kubernetes.io/pod-name"] !== undefined) return name.replace(/-\d+$/, "");
  if (labels["controller-revision-hash"] !== undefined) return name.replace(/-[a-z0-9]{5}$/, "");
  return name;
}
