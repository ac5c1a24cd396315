import type { AuthorizationPolicy, RequestAuthentication } from "../../kinds/istio.ts";
import type { IstioCluster } from "../istioCluster.ts";
import type { Workload } from "../workload.ts";
import { attachmentOf, isAttached } from "./isAttached.ts";

interface KindOfPolicy {
  readonly AuthorizationPolicy: AuthorizationPolicy;
  readonly RequestAuthentication: RequestAuthentication;
}

/**
 * The policies that hold for a workload: those of the mesh's root namespace, which come first, and of its own
 * (pilot/pkg/model/authorization.go, ListAuthorizationPolicies; authentication.go, getConfigsForWorkload).
 */
export function policiesOf<K extends keyof KindOfPolicy>(
  cluster: IstioCluster,
  kind: K,
  workload: Pick<Workload, "namespace" | "labels">,
): readonly KindOfPolicy[K][] {
  const namespaces = new Set([cluster.meshConfig.rootNamespace, workload.namespace]);
  return (
    [...namespaces]
      .flatMap((namespace): readonly KindOfPolicy[K][] => cluster.in(kind, namespace))
      // The API server takes objects without spec.
      .map((policy) => ("spec" in policy ? policy : { ...(policy as KindOfPolicy[K]), spec: {} }))
      .filter(({ metadata, spec }) => isAttached(attachmentOf(metadata.namespace, spec), workload))
  );
}
