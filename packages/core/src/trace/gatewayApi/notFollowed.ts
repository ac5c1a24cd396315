import { say } from "../../findings/index.ts";
import type { IstioCluster } from "../../istio/index.ts";
import type { ClusterObject } from "../../kinds/index.ts";
import { unsure } from "../hop.ts";
import type { PassedHop, TraceHopName } from "../traceResult.ts";

/** A hop at which an object of the Gateway API, or of ambient mode, does what is not followed. */
export function notFollowed(
  found: {
    readonly cluster: IstioCluster;
    readonly object: ClusterObject;
    readonly field: string;
    readonly why: string;
  },
  name: TraceHopName,
): PassedHop {
  return unsure({
    name,
    cluster: found.cluster.name,
    object: found.object,
    field: found.field,
    code: "TRACE_NOT_MODELLED",
    detail: say`${{ object: found.object }}: ${{ why: found.why }}`,
    source: "pilot/pkg/config/kube/gateway/conversion.go",
  });
}
