/**
 * How server-side apply merges a field where its OpenAPI schema says other than the default (maps are merged key by key,
 * lists are replaced as a whole).
 * - `keyed`: elements are matched by these fields (`x-kubernetes-list-type: map`); the value counts where the field is absent.
 * - `atomic`: replaced as a whole (`x-kubernetes-map-type: atomic`).
 */
export type MergeRule = KeyedListRule | { readonly type: "atomic" };

export interface KeyedListRule {
  readonly type: "keyed";
  readonly keys: Readonly<Record<string, string | undefined>>;
}

/** By path: `spec.ports`. */
export type MergeRules = Readonly<Record<string, MergeRule>>;

// From Kubernetes' api/openapi-spec, Istio's crd-all.gen.yaml and the Gateway API's CRDs: all that there are in the kinds that we write.
const byKind: Readonly<Record<string, MergeRules>> = {
  "/Service": {
    "spec.ports": { type: "keyed", keys: { port: undefined, protocol: "TCP" } },
    "spec.selector": { type: "atomic" },
  },
  "gateway.networking.k8s.io/Gateway": {
    "spec.listeners": { type: "keyed", keys: { name: undefined } },
  },
  "networking.istio.io/ServiceEntry": {
    "spec.ports": { type: "keyed", keys: { name: undefined } },
  },
};

const noRules: MergeRules = {};

export function mergeRules(group: string, kind: string): MergeRules {
  return byKind[`${group}/${kind}`] ?? noRules;
}

/** `8000/TCP`: what names an element of a list that is merged by keys. */
export function elementKey(element: unknown, rule: KeyedListRule): string {
  const fields =
    typeof element === "object" && element !== null ? new Map<string, unknown>(Object.entries(element)) : undefined;
  return Object.entries(rule.keys)
    .map(([key, whenAbsent]) => String(fields?.get(key) ?? whenAbsent ?? ""))
    .join("/");
}
