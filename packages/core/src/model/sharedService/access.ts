import type { Mesh } from "../mesh/mesh.ts";
import type { MeshCluster } from "../mesh/meshCluster.ts";
import { selectsCluster } from "../mesh/selectClusters.ts";
import type { SharedService } from "./sharedService.ts";

type Spec = SharedService["spec"];

/** Whether the declaration itself says who may call what. */
export function hasAccessRules({ access, consumers }: Spec): boolean {
  return access !== undefined || consumers.some(({ serviceAccounts }) => serviceAccounts !== undefined);
}

/** Whether more is asked than to make the service known: only then do callers of other clusters meet a policy. */
export function restrictsCallers(spec: Spec, mesh: Mesh): boolean {
  return hasAccessRules(spec) || mesh.spec.access.remoteCallers === "Consumers";
}

/** Whether `<service account>.<namespace>` is among the consumers. */
export function isConsumer(identity: string, consumers: Spec["consumers"]): boolean {
  // The name of a service account may have dots, that of a namespace none.
  const dot = identity.lastIndexOf(".");
  const [account, namespace] = [identity.slice(0, dot), identity.slice(dot + 1)];
  return consumers.some(
    ({ namespaces, serviceAccounts }) =>
      (namespaces?.includes(namespace) ?? true) && (serviceAccounts?.includes(account) ?? true),
  );
}

/** The entries of `consumers` that let callers of this namespace in this cluster in. */
export function consumersAt(
  { consumers }: Spec,
  { cluster, namespace }: { readonly cluster: string; readonly namespace: string },
  clusters: readonly MeshCluster[],
): Spec["consumers"] {
  return consumers.filter(
    (consumer) =>
      selectsCluster(consumer.clusters, cluster, clusters) && (consumer.namespaces?.includes(namespace) ?? true),
  );
}
