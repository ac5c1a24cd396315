import { comingWorkload, type IstioCluster, memoisedBy, type Workload } from "../../istio/index.ts";
import type { TraceCaller } from "../traceRequest.ts";

/**
 * The workload that calls: by a pod's name, its label `app`, or the name of what made it. `*` stands for any workload of the
 * namespace, one with a sidecar if there is any, and where there is none yet for the one that would be made there.
 */
export function findCaller(
  cluster: IstioCluster,
  { namespace, workload, serviceAccount }: TraceCaller,
): Workload | undefined {
  if (workload === "*") return anyCaller(namespaceOf(cluster, namespace), serviceAccount);
  const found = cluster.workloadsIn(namespace).filter((each) => isCalled(each, workload));
  return found.find(({ name }) => name === workload) ?? found.find(({ isReady }) => isReady) ?? found[0];
}

/** Whether people mean a workload by a name: its own, its label `app`, or that of what made it. */
export function isCalled({ name, labels }: Pick<Workload, "name" | "labels">, called: string): boolean {
  return name === called || labels.app === called || isMadeBy(called, name);
}

const namespaceOf = memoisedBy((cluster: IstioCluster, namespace: string) => ({ cluster, namespace }));

/** The same one each time, also where it is yet to be made, since much is known by its identity. */
const anyCaller = memoisedBy(
  ({ cluster, namespace }: ReturnType<typeof namespaceOf>, account: string | undefined): Workload | undefined => {
    const all = cluster.workloadsIn(namespace);
    const fitting = all.filter(({ serviceAccount }) => account === undefined || serviceAccount === account);
    const found = fitting.find(({ proxy }) => proxy === "sidecar") ?? fitting[0];
    return found ?? comingWorkload(cluster.name, cluster.namespaces.get(namespace), account);
  },
);

/** `sleep-7d9c5b8f4-x2x9k` and `sleep-1` are of `sleep`. */
function isMadeBy(workload: string, pod: string): boolean {
  return pod.startsWith(`${workload}-`) && /^[a-z0-9]{1,10}(-[a-z0-9]{5})?$/.test(pod.slice(workload.length + 1));
}
