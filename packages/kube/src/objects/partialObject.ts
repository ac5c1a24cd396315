import type { KindEntry, KubeObject } from "@isthmus/core";

/** By which the API server leaves everything but metadata out of its answer, of a GET and of a PATCH alike. */
export const metadataOnlyType = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/** The answer with its own kind in place of `PartialObjectMetadata`, and nothing else, whatever the server sent. */
export function partialObject(kind: KindEntry, { metadata }: KubeObject): KubeObject {
  const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
  return { apiVersion, kind: kind.kind, metadata };
}
