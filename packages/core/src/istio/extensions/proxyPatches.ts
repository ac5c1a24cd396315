import type { EnvoyFilter } from "../../kinds/index.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { memoisedBy } from "../memoised.ts";
import { isAttached } from "../policy/isAttached.ts";
import type { Workload } from "../workload.ts";

type ConfigPatch = NonNullable<EnvoyFilter["spec"]["configPatches"]>[number];

/** One patch of an EnvoyFilter with its place. */
export interface ProxyPatch {
  readonly filter: EnvoyFilter;
  /** `spec.configPatches[0]`. */
  readonly field: string;
  readonly patch: ConfigPatch;
}

/** The patches of a proxy in the order in which istiod applies them (pilot/pkg/model/push_context.go, EnvoyFilters). */
export const proxyPatches = memoisedBy((cluster: IstioCluster, workload: Workload): readonly ProxyPatch[] => {
  if (cluster.all("EnvoyFilter").length === 0) return [];
  const { rootNamespace } = cluster.settings;
  const namespaces = new Set([rootNamespace, workload.namespace]);
  const filters = [...namespaces]
    .flatMap((namespace) => cluster.in("EnvoyFilter", namespace))
    .filter(({ metadata, spec }) =>
      isAttached(
        {
          namespace: metadata.namespace ?? "default",
          labels: spec.workloadSelector?.labels ?? {},
          targetRefs: spec.targetRefs ?? [],
        },
        workload,
      ),
    );
  // A stable sort: those of the root namespace come first, each by age.
  const ordered = [...filters].sort((left, right) => (left.spec.priority ?? 0) - (right.spec.priority ?? 0));
  return ordered.flatMap((filter) =>
    (filter.spec.configPatches ?? []).flatMap((patch, index): readonly ProxyPatch[] =>
      isForVersion(cluster, patch) ? [{ filter, field: `spec.configPatches[${index}]`, patch }] : [],
    ),
  );
});

/** Istio's older charts bring patches for each version; those of versions that the cluster does not run hold for nobody. */
function isForVersion({ istiodVersions }: IstioCluster, { match }: ConfigPatch): boolean {
  const written = match?.proxy?.proxyVersion;
  if (written === undefined || written === "" || istiodVersions.length === 0) return true;
  try {
    const pattern = new RegExp(written);
    return istiodVersions.some((version) => pattern.test(version));
  } catch {
    return true;
  }
}
