import { type MeshConfig, parseMeshConfig } from "@isthmus/core";

/** The ConfigMap that istiod reads the mesh's settings from; a revision has one of its own, which we do not read. */
export const meshConfigMap = "istio";

/** Of the ConfigMap's `data`; undefined where it holds none. */
export function meshConfig(data: unknown): MeshConfig | undefined {
  const text = typeof data === "object" && data !== null && "mesh" in data ? data.mesh : undefined;
  return typeof text === "string" ? parseMeshConfig(text) : undefined;
}
