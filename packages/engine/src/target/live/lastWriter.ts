import { type ClusterObject, catalog } from "@isthmus/core";
import type { KubeClient } from "@isthmus/kube";
import type { CallOptions, Writer } from "../target.ts";

/** By the object's managedFields, which lists and watches of ours drop: they are most of its bytes. */
export async function lastWriter(
  client: KubeClient,
  { kind, namespace, name }: Omit<ClusterObject, "cluster">,
  { signal }: CallOptions,
): Promise<Writer | undefined> {
  const entry = catalog.find((each) => (each.alias ?? each.kind) === kind);
  if (entry === undefined) return undefined;
  const found = await client.get(entry, name, namespace, { ...(signal && { signal }) });
  const writers = (found?.metadata.managedFields ?? []).flatMap(({ manager, time, subresource }) =>
    manager === undefined || time === undefined || subresource !== undefined ? [] : [{ manager, time }],
  );
  return writers.reduce<Writer | undefined>(
    (last, each) => (last !== undefined && last.time > each.time ? last : each),
    undefined,
  );
}
