import type { TraceCluster } from "../traceCluster.ts";
import type { TraceWorkload } from "../traceWorkload.ts";

/** A pod that is a gateway. */
export interface GatewayPod {
  readonly cluster: TraceCluster;
  readonly workload: TraceWorkload;
}
