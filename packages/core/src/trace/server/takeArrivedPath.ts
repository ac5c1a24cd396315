import type { IstioCluster, Workload } from "../../istio/index.ts";
import { pathSource, takePath } from "../takePath.ts";
import type { TraceBranch, TraceHopName } from "../traceResult.ts";
import { type Arrival, broken, ended, passed } from "./arrival.ts";

type Taken = { readonly arrival: Arrival } | { readonly branches: readonly TraceBranch[] };

/** The path of an HTTP request, as the proxy that it arrives at goes on with it. */
export function takeArrivedPath(
  arrival: Arrival,
  cluster: IstioCluster,
  workload: Workload,
  name: TraceHopName,
): Taken {
  const { payload } = arrival;
  if (payload.kind !== "http") return { arrival };
  const taken = takePath(cluster, workload, payload);
  const object = { cluster: cluster.name, kind: "Pod", namespace: workload.namespace, name: workload.name };
  const hop = { name, cluster: cluster.name, object, source: pathSource };
  switch (taken.kind) {
    case "goes on": {
      if (taken.detail === undefined) return { arrival };
      return { arrival: { ...passed(arrival, { ...hop, detail: taken.detail }), payload: taken.http } };
    }
    case "redirected": {
      const at = passed(arrival, { ...hop, detail: taken.detail });
      return { branches: ended(at, { kind: "answered", by: { type: "proxy" }, status: taken.status }) };
    }
    case "refused": {
      const { detail, fix, status } = taken;
      return {
        branches: broken(arrival, { ...hop, code: "TRACE_PATH_REFUSED", detail, fix }, { kind: "refused", status }),
      };
    }
  }
}
