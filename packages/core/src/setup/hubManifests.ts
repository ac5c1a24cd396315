import type { KubeObject } from "../kinds/index.ts";
import { customResource, declaredKinds, group, kinds } from "../model/index.ts";
import { binding, type PolicyRule, role, serviceAccount } from "./roles.ts";

export interface HubOptions {
  readonly namespace: string;
  /** Of the service account and its roles. */
  readonly name: string;
}

/**
 * What a management cluster needs: our kinds, and an account for the controller with the rights that it uses there. Secrets only in its own
 * namespace, where the kubeconfigs of members are.
 */
export function hubManifests({ namespace, name }: HubOptions): readonly KubeObject[] {
  const subject = { kind: "ServiceAccount", namespace, name } as const;
  const plurals = Object.values(declaredKinds).map(({ plural }) => plural);
  const everywhere: readonly PolicyRule[] = [
    // Patch, for our finalizer. Never create, update or delete: declarations are the users'.
    { apiGroups: [group], resources: plurals, verbs: ["get", "list", "watch", "patch"] },
    { apiGroups: [group], resources: plurals.map((plural) => `${plural}/status`), verbs: ["patch"] },
    { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
  ];
  const inNamespace: readonly PolicyRule[] = [
    { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "patch"] },
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
