import { showTraced, unsure } from "../hop.ts";
import type { TraceCluster } from "../traceCluster.ts";
import type { PassedHop, TracedObject, TraceHopName } from "../traceResult.ts";

/** A hop at which an object of the Gateway API, or of ambient mode, does what is not followed. */
export function notFollowed(
  found: {
    readonly cluster: TraceCluster;
    readonly object: TracedObject;
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
    detail: `${showTraced(found.object)}: ${found.why}`,
    source: "pilot/pkg/config/kube/gateway/conversion.go",
  });
}
