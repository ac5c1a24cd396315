import type { KindEntry } from "./catalog.ts";

/** A kind that only `isthmus check` reads. */
export interface CheckedKind extends KindEntry {
  /** `istio`: only in Istio's own namespace. */
  readonly scope: "everywhere" | "istio";
}

const optional = { read: "optional", write: false } as const;

export const deploymentKind: CheckedKind = {
  ...{ group: "apps", version: "v1", kind: "Deployment", plural: "deployments", namespaced: true },
  ...optional,
  scope: "istio",
};

export const endpointSliceKind: CheckedKind = {
  ...{ group: "discovery.k8s.io", version: "v1", kind: "EndpointSlice", plural: "endpointslices", namespaced: true },
  ...optional,
  scope: "istio",
};

export const mutatingWebhookKind: CheckedKind = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingWebhookConfiguration",
  plural: "mutatingwebhookconfigurations",
  namespaced: false,
  ...optional,
  scope: "everywhere",
};

/** Served since Kubernetes 1.33. */
export const serviceCidrKind: CheckedKind = {
  ...{ group: "networking.k8s.io", version: "v1", kind: "ServiceCIDR", plural: "servicecidrs", namespaced: false },
  ...optional,
  scope: "everywhere",
};

/** Every kind of which only `isthmus check` lists objects. */
export const checkedKinds: readonly CheckedKind[] = [
  deploymentKind,
  endpointSliceKind,
  mutatingWebhookKind,
  serviceCidrKind,
];
