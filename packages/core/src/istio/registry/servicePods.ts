import type { Service, ServicePort } from "../../kinds/index.ts";
import type { IstioCluster } from "../istioCluster.ts";
import type { Workload } from "../workload.ts";
import { targetPortOf } from "./targetPort.ts";

export interface PodPort {
  readonly workload: Workload;
  readonly port: number;
}

/** What kube-proxy sends a Service's port to: its ready pods, at the target port. */
export function readyPods(cluster: IstioCluster, service: Service, port: ServicePort): readonly PodPort[] {
  const { selector = {}, publishNotReadyAddresses = false } = service.spec;
  return cluster
    .select(service.metadata.namespace ?? "default", selector)
    .filter(({ isReady }) => isReady || publishNotReadyAddresses)
    .flatMap((workload) => {
      const target = targetPortOf(port, workload);
      return target === undefined ? [] : [{ workload, port: target }];
    });
}
