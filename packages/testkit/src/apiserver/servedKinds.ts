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
  kind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", true),
  kind("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", false),
  kind("networking.k8s.io", "v1", "ServiceCIDR", "servicecidrs", false),
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

const verbs = ["delete", "get", "list", "patch", "watch"];

/** What discovery answers (`/api`, `/apis`, `/apis/networking.istio.io/v1`); undefined where no kind of that group and version is served. */
export function discovery(path: string, kinds: readonly KindEntry[]): object | undefined {
  if (path === "/api") return { kind: "APIVersions", versions: ["v1"] };
  if (path === "/apis") return { kind: "APIGroupList", apiVersion: "v1", groups: groupsOf(kinds) };
  const [, group = "", version] = /^\/(?:api|apis\/([^/]+))\/([^/]+)$/.exec(path) ?? [];
  const found = kinds.filter((entry) => entry.group === group && entry.version === version);
  if (found.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    groupVersion: group === "" ? version : `${group}/${version}`,
    resources: found.map(({ plural, kind: name, namespaced }) => ({ name: plural, kind: name, namespaced, verbs })),
  };
}

function groupsOf(kinds: readonly KindEntry[]): readonly object[] {
  const names = [...new Set(kinds.map(({ group }) => group))].filter((group) => group !== "");
  return names.map((name) => {
    const served = new Set(kinds.filter(({ group }) => group === name).map(({ version }) => version));
    const versions = [...served].map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions, preferredVersion: versions[0] };
  });
}
