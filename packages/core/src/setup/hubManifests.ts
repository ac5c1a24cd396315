import type { KubeObject } from "../kinds/index.ts";
import { customResource, declaredKinds, group, kinds } from "../model/index.ts";
import { binding, type PolicyRule, role, serviceAccount } from "./roles.ts";

export interface HubOptions {
  readonly namespace: string;
  /** Of the service account and its roles, and of the Lease. */
  readonly name: string;
}

/**
 * What a management cluster needs: our kinds, and an account for the controller with the rights that it uses there. Secrets only in its own
 * namespace, where the kubeconfigs of members are.
 */
export function hubManifests({ namespace, name }: HubOptions): readonly KubeObject[] {
  const subject = { kind: "ServiceAccount", namespace, name } as const;
  const plurals = Object.values(declaredKinds).map(({ plural }) => plural);
  const owning = Object.values(declaredKinds).filter((entry) => "list" in entry && entry.list !== "clusters");
  const everywhere: readonly PolicyRule[] = [
    { apiGroups: [group], resources: plurals, verbs: ["get", "list", "watch"] },
    // For our finalizer. Never create, update or delete: declarations are the users'.
    { apiGroups: [group], resources: owning.map(({ plural }) => plural), verbs: ["patch"] },
    { apiGroups: [group], resources: plurals.map((plural) => `${plural}/status`), verbs: ["patch"] },
    { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
  ];
  const inNamespace: readonly PolicyRule[] = [
    { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
    { apiGroups: ["coordination.k8s.io"], resources: ["leases"], resourceNames: [name], verbs: ["get", "patch"] },
    { apiGroups: [""], resources: ["secrets"], verbs: ["get"] },
  ];
  return [
    ...kinds.map((kind) => customResource(kind) as KubeObject),
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    serviceAccount(subject),
    role("ClusterRole", { name }, everywhere),
    binding("ClusterRole", { name }, name, subject),
    role("Role", { name, namespace }, inNamespace),
    binding("Role", { name, namespace }, name, subject),
  ];
}
