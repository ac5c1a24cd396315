import { say } from "../findings/index.ts";
import { meshRegistry } from "../istio/registry/index.ts";
import { importedBy } from "../istio/scope/index.ts";
import { finding, type LintRule } from "./lintRule.ts";

/** Hosts of a Sidecar that let nothing through: what is called by such a name stays hidden. */
export const emptyImports: LintRule = {
  code: "LINT_IMPORT_EMPTY",
  needs: ["Sidecar", "Service", "ServiceEntry", "VirtualService"],
  find: (cluster) =>
    cluster.all("Sidecar").flatMap((sidecar) =>
      (sidecar.spec?.egress ?? []).flatMap(({ hosts = [] }, listener) =>
        hosts.flatMap((host, index) => {
          // What shuts out, and all of a namespace, is written for what may come.
          if (host.startsWith("~") || host.endsWith("/*")) return [];
          if (importedBy(cluster, sidecar.metadata.namespace ?? "default", host)) return [];
          return [
            finding("LINT_IMPORT_EMPTY", cluster, sidecar, {
              field: `spec.egress[${listener}].hosts[${index}]`,
              message: say`${{ host }} lets nothing through: no host of that name is to be seen from its namespace`,
              hint: "Write it as namespace/host with the host in full, or delete it.",
            }),
          ];
        }),
      ),
    ),
};

/** ServiceEntries for what a Service of the cluster has already. */
export const overlappingEntries: LintRule = {
  code: "LINT_SERVICE_ENTRY_OVERLAPS",
  needs: ["Service", "ServiceEntry"],
  find: (cluster) => {
    const overlaps = [...meshRegistry(cluster).byHost].filter(
      ([, services]) =>
        services.some(({ isKubernetes }) => isKubernetes) && services.some(({ isKubernetes }) => !isKubernetes),
    );
    return overlaps.flatMap(([host, services]) =>
      services
        .filter(({ isKubernetes }) => !isKubernetes)
        .map(({ object }) =>
          finding("LINT_SERVICE_ENTRY_OVERLAPS", cluster, object, {
            field: "spec.hosts",
            message: say`a Service of the cluster has the host ${{ host }} too: which of them a proxy uses depends on its namespace and on their age`,
            hint: "Give it another host, or delete it.",
          }),
        ),
    );
  },
};
