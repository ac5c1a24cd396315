import { say } from "../findings/index.ts";
import type { IstioCluster } from "../istio/index.ts";
import { attachmentOf, policiesOf } from "../istio/policy/index.ts";
import { sidecarFor } from "../istio/scope/index.ts";
import {
  type AuthorizationPolicy,
  gatewayApiGroup,
  type KubeObject,
  type RequestAuthentication,
} from "../kinds/index.ts";
import { finding, type LintRule } from "./lintRule.ts";
import { mayBeHiddenGateway, proxiesOf, proxyKinds } from "./proxies.ts";

/** Policies that name workloads, and none of them is there. */
export const unattachedPolicies: LintRule = {
  code: "LINT_SELECTS_NOTHING",
  needs: [...proxyKinds, "AuthorizationPolicy", "RequestAuthentication"],
  find: (cluster) => [
    ...unattached(cluster, "AuthorizationPolicy", cluster.all("AuthorizationPolicy")),
    ...unattached(cluster, "RequestAuthentication", cluster.all("RequestAuthentication")),
  ],
};

function unattached<K extends "AuthorizationPolicy" | "RequestAuthentication">(
  cluster: IstioCluster,
  kind: K,
  policies: readonly (AuthorizationPolicy | RequestAuthentication)[],
) {
  const held = new Set(proxiesOf(cluster).flatMap((workload) => policiesOf(cluster, kind, workload).map(nameOf)));
  return policies
    .filter((policy) => namesWorkloads(policy) && !mayBeOfGateway(cluster, policy))
    .flatMap((policy) =>
      held.has(nameOf(policy))
        ? []
        : [
            finding("LINT_SELECTS_NOTHING", cluster, policy, {
              field: "spec.selector",
              message: say`it holds for no workload: none has the labels or the gateway that it names`,
              hint: "Correct the labels, or delete it.",
            }),
          ],
    );
}

/** One without a selector is for what may come; what a waypoint enforces is not to be seen by pods. */
function namesWorkloads({ metadata, spec }: AuthorizationPolicy | RequestAuthentication): boolean {
  const { labels, targetRefs } = attachmentOf(metadata.namespace, spec);
  const isForGateways = targetRefs.every(({ group, kind }) => group === gatewayApiGroup && kind === "Gateway");
  return isForGateways && (targetRefs.length > 0 || Object.keys(labels).length > 0);
}

function mayBeOfGateway(
  cluster: IstioCluster,
  { metadata, spec }: AuthorizationPolicy | RequestAuthentication,
): boolean {
  const { labels, targetRefs } = attachmentOf(metadata.namespace, spec);
  return (cluster.source !== "live" && targetRefs.length > 0) || mayBeHiddenGateway(cluster, labels);
}

function nameOf({ metadata }: Pick<KubeObject, "metadata">): string {
  return `${metadata.namespace ?? "default"}/${metadata.name}`;
}

/** Sidecars that hold for nobody: they select nothing, or another one comes first. */
export const unusedSidecars: LintRule = {
  code: "LINT_SIDECAR_UNUSED",
  needs: [...proxyKinds, "Sidecar"],
  find: (cluster) => {
    const sidecars = cluster.all("Sidecar");
    const held = new Set(proxiesOf(cluster).flatMap((workload) => sidecarFor(cluster, workload) ?? []));
    return sidecars.flatMap((sidecar) => {
      if (held.has(sidecar)) return [];
      const { namespace = "default" } = sidecar.metadata;
      const isSelecting = sidecar.spec?.workloadSelector !== undefined;
      const isDefault = !isSelecting && sidecarFor(cluster, { namespace, labels: {}, proxy: "sidecar" }) === sidecar;
      // That of a namespace is for what may come.
      if (isDefault || mayBeHiddenGateway(cluster, sidecar.spec?.workloadSelector?.labels ?? {})) return [];
      return [
        finding("LINT_SIDECAR_UNUSED", cluster, sidecar, {
          message: isSelecting
            ? say`it holds for no workload: none has its labels, or an older Sidecar selects them`
            : say`it holds for no workload: an older Sidecar of namespace ${{ namespace }} comes first`,
          hint: "Merge the two, or delete this one.",
        }),
      ];
    });
  },
};
