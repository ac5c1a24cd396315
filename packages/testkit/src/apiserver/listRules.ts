import type { Json } from "./json.ts";
import { mapOf } from "./json.ts";

/**
 * How server-side apply treats a field where it is not the default (maps key by key, lists as a whole): `keyed` lists are
 * matched by keys (a value stands for an absent key), `set` lists by value, `atomic` maps are replaced as a whole.
 */
export type FieldRule = { readonly keyed: Readonly<Record<string, string | undefined>> } | "set" | "atomic";

export type FieldRules = Readonly<Record<string, FieldRule>>;

const podSpec: FieldRules = {
  "spec.containers": { keyed: { name: undefined } },
  "spec.containers[].ports": { keyed: { containerPort: undefined, protocol: "TCP" } },
  "spec.containers[].env": { keyed: { name: undefined } },
  "spec.initContainers": { keyed: { name: undefined } },
  "spec.nodeSelector": "atomic",
};

// From kubernetes/api/openapi-spec and Istio's crd-all.gen.yaml.
const byKind: Readonly<Record<string, FieldRules>> = {
  "/Service": {
    "spec.ports": { keyed: { port: undefined, protocol: "TCP" } },
    "spec.selector": "atomic",
  },
  "/Pod": podSpec,
  "networking.istio.io/ServiceEntry": { "spec.ports": { keyed: { name: undefined } } },
};

const everywhere: FieldRules = { "metadata.finalizers": "set" };

export function fieldRules(group: string, kind: string): FieldRules {
  return { ...everywhere, ...byKind[`${group}/${kind}`] };
}

/** `k:{"port":80,"protocol":"TCP"}`: an element of a keyed list as FieldsV1 writes it. */
export function keyedElement(item: Json, keys: Readonly<Record<string, string | undefined>>): string {
  const entries = Object.entries(keys).map(([key, whenAbsent]) => [key, mapOf(item)[key] ?? whenAbsent ?? null]);
  return `k:${JSON.stringify(Object.fromEntries(entries.sort(([left], [right]) => (String(left) < String(right) ? -1 : 1))))}`;
}
