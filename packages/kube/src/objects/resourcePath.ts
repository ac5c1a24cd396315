import type { KindEntry } from "@isthmus/core";

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** `/apis/networking.istio.io/v1/namespaces/foo/gateways/bar?dryRun=All`. Without a namespace: the whole cluster's. */
export function resourcePath(
  kind: KindEntry,
  namespace: string | undefined,
  name?: string,
  query: Query = {},
  subresource?: "status",
): string {
  const base = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const scope = kind.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  const object =
    name === undefined ? "" : `/${encodeURIComponent(name)}${subresource === undefined ? "" : `/${subresource}`}`;
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") parameters.set(key, String(value));
  }
  const text = parameters.toString();
  return `${base}${scope}/${kind.plural}${object}${text === "" ? "" : `?${text}`}`;
}

/** `services`, `gateways.networking.istio.io`, as RBAC and kubectl name it. */
export function resourceName(kind: KindEntry): string {
  return kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;
}
