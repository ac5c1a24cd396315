import { kindEntry } from "@isthmus/core";
import { resourcePath } from "../objects/resourcePath.ts";

export type PodSubresource = "exec" | "portforward" | "ephemeralcontainers";

/** The path of a pod's subresource; a parameter may repeat. */
export function podPath(
  { namespace, pod }: { readonly namespace: string; readonly pod: string },
  subresource: PodSubresource,
  parameters: readonly (readonly [string, string])[],
): string {
  const kind = kindEntry("", "Pod");
  if (kind === undefined) throw new RangeError("the catalog has no Pod");
  const query = new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value]));
  return `${resourcePath(kind, namespace, pod)}/${subresource}${query.size === 0 ? "" : `?${query}`}`;
}
