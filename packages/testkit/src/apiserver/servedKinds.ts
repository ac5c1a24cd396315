import { catalog, type KindEntry } from "@isthmus/core";

function kind(group: string, version: string, name: string, plural: string, namespaced: boolean): KindEntry {
  return { group, version, kind: name, plural, namespaced, read: "optional", write: false };
}

/** What a cluster serves beside the kinds that we read or write, as far as tests need it. */
const others: readonly KindEntry[] = [
  kind("", "v1", "ConfigMap", "configmaps", true),
  kind("", "v1", "Secret", "secrets", true),
  kind("", "v1", "ServiceAccount", "serviceaccounts", true),
  kind("apps", "v1", "Deployment", "deployments", true),
  kind("coordination.k8s.io", "v1", "Lease", "leases", true),
  kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false),
];

export function resourceOf(entry: KindEntry): string {
  return entry.group === "" ? entry.plural : `${entry.plural}.${entry.group}`;
}

/** All served kinds but those whose resource (`gateways.networking.istio.io`) is in `without`. */
export function servedKinds(more: readonly KindEntry[], without: readonly string[]): readonly KindEntry[] {
  const all = new Map([...others, ...catalog, ...more].map((entry) => [resourceOf(entry), entry]));
  return [...all.values()].filter((entry) => !without.includes(resourceOf(entry)));
}
