import type { KubeObject } from "../kinds/index.ts";

/** Who gets the rights. */
export type RbacSubject =
  | { readonly kind: "ServiceAccount"; readonly namespace: string; readonly name: string }
  | { readonly kind: "User" | "Group"; readonly name: string };

const rbacGroup = "rbac.authorization.k8s.io";
const apiVersion = `${rbacGroup}/v1`;

export interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

const labels = { "app.kubernetes.io/part-of": "isthmus" };

export function serviceAccount({ name, namespace }: { readonly name: string; readonly namespace: string }): KubeObject {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace, labels } };
}

interface RoleName {
  readonly name: string;
  readonly namespace?: string;
}

export function role(
  kind: "ClusterRole" | "Role",
  metadata: RoleName,
  rules: readonly PolicyRule[],
): KubeObject & { readonly rules: readonly PolicyRule[] } {
  return { apiVersion, kind, metadata: { ...metadata, labels }, rules };
}

export function binding(
  kind: "ClusterRole" | "Role",
  metadata: RoleName,
  roleName: string,
  subject: RbacSubject,
): KubeObject & { readonly roleRef: object; readonly subjects: readonly object[] } {
  return {
    apiVersion,
    kind: `${kind}Binding`,
    metadata: { ...metadata, labels },
    roleRef: { apiGroup: rbacGroup, kind, name: roleName },
    subjects: [subject.kind === "ServiceAccount" ? subject : { apiGroup: rbacGroup, ...subject }],
  };
}
