import type { Service, ServicePort } from "../../kinds/core.ts";
import type { TraceCluster } from "../traceCluster.ts";
import type { TraceWorkload } from "../traceWorkload.ts";

export interface PodPort {
  readonly workload: TraceWorkload;
  readonly port: number;
}

/** What kube-proxy sends a Service's port to: its ready pods, at the target port. */
export function readyPods(cluster: TraceCluster, service: Service, port: ServicePort): readonly PodPort[] {
  const { selector = {}, publishNotReadyAddresses = false } = service.spec;
  return cluster
    .select(service.metadata.namespace ?? "default", selector)
    .filter(({ isReady }) => isReady || publishNotReadyAddresses)
    .flatMap((workload) => {
      const target = targetPortOf(port, workload);
      return target === undefined ? [] : [{ workload, port: target }];
    });
}

/** A target port may be the name of a container's port; undefined where the pod has none of that name. */
export function targetPortOf({ targetPort, port }: ServicePort, workload: TraceWorkload): number | undefined {
  if (targetPort === undefined || targetPort === 0 || targetPort === "") return port;
  if (typeof targetPort === "number") return targetPort;
  if (/^\d+$/.test(targetPort)) return Number(targetPort);
  return workload.ports.find(({ name }) => name === targetPort)?.containerPort;
}
