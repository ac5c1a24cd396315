import type { AuthorizationPolicy, RequestAuthentication } from "../../kinds/index.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { memoisedBy } from "../memoised.ts";
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
  return policiesByWorkload(cluster, workload)[kind];
}

type Policies = { readonly [K in keyof KindOfPolicy]: readonly KindOfPolicy[K][] };

const policiesByWorkload = memoisedBy(
  (cluster: IstioCluster, workload: Pick<Workload, "namespace" | "labels">): Policies => {
    const namespaces = [...new Set([cluster.settings.rootNamespace, workload.namespace])];
    const attached = <K extends keyof KindOfPolicy>(kind: K) =>
      namespaces
        .flatMap((namespace): readonly KindOfPolicy[K][] => cluster.in(kind, namespace))
        // The API server takes objects without spec.
        .map((policy) => ("spec" in policy ? policy : { ...(policy as KindOfPolicy[K]), spec: {} }))
        .filter(({ metadata, spec }) => isAttached(attachmentOf(metadata.namespace, spec), workload));
    return {
      AuthorizationPolicy: attached("AuthorizationPolicy"),
      RequestAuthentication: attached("RequestAuthentication"),
    };
  },
);
