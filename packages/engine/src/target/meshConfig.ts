import { type MeshConfig, parseMeshConfig } from "@isthmus/core";

/** Of the ConfigMap's `data`; undefined where it holds none. */
export function meshConfig(data: unknown): MeshConfig | undefined {
  const text = typeof data === "object" && data !== null && "mesh" in data ? data.mesh : undefined;
  return typeof text === "string" ? parseMeshConfig(text) : undefined;
}
