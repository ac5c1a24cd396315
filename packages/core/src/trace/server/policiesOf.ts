import { labelsMatch } from "../../facts/workloads.ts";
import type { AuthorizationPolicy, RequestAuthentication } from "../../kinds/istio.ts";
import type { TraceCluster } from "../traceCluster.ts";
import type { TraceWorkload } from "../traceWorkload.ts";

interface KindOfPolicy {
  readonly AuthorizationPolicy: AuthorizationPolicy;
  readonly RequestAuthentication: RequestAuthentication;
}

/**
 * The policies that hold for a workload, those of the root namespace first. One with `targetRef` is for gateways of the
 * Gateway API and waypoints only (pilot/pkg/model/policyattachment.go, ShouldAttachPolicy).
 */
export function policiesOf<K extends keyof KindOfPolicy>(
  cluster: TraceCluster,
  kind: K,
  workload: TraceWorkload,
): readonly KindOfPolicy[K][] {
  const namespaces = new Set([cluster.meshConfig.rootNamespace, workload.namespace]);
  return [...namespaces]
    .flatMap((namespace): readonly KindOfPolicy[K][] => cluster.in(kind, namespace))
    .filter(({ spec }) => spec.targetRef === undefined && (spec.targetRefs ?? []).length === 0)
    .filter(({ spec }) => labelsMatch(spec.selector?.matchLabels ?? {}, workload.labels));
}
