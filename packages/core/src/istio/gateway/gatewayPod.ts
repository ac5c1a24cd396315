import type { IstioCluster } from "../istioCluster.ts";
import type { Workload } from "../workload.ts";

/** A pod that is a gateway. */
export interface GatewayPod {
  readonly cluster: IstioCluster;
  readonly workload: Workload;
}
