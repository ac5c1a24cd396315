import type { Sidecar } from "../../kinds/index.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { labelsMatch } from "../labels.ts";
import type { Workload } from "../workload.ts";

/**
 * The Sidecar that holds for a workload: of its namespace by selector first, each by age; the root namespace's for all others
 * (pilot/pkg/model/push_context.go, initSidecarScopes and getSidecarScope). None holds for a gateway.
 */
export function sidecarFor(
  cluster: IstioCluster,
  { namespace, labels, proxy }: Pick<Workload, "namespace" | "labels" | "proxy">,
): Sidecar | undefined {
  if (proxy === "gateway") return undefined;
  const own = cluster.in("Sidecar", namespace);
  const isDefault = ({ spec }: Sidecar) => spec?.workloadSelector === undefined;
  const selecting = own.find(
    (each) => !isDefault(each) && labelsMatch(each.spec?.workloadSelector?.labels ?? {}, labels),
  );
  return selecting ?? own.find(isDefault) ?? cluster.in("Sidecar", cluster.settings.rootNamespace).find(isDefault);
}
