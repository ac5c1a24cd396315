import { type MeshConfig, parseMeshConfig } from "@isthmus/core";

/** Of the ConfigMap's `data`; undefined where it holds none. */
export function meshConfig(data: unknown): MeshConfig | undefined {
  const { mesh, meshNetworks } = (typeof data === "object" && data !== null ? data : {}) as Readonly<
    Record<string, unknown>
  >;
  if (typeof mesh !== "string") return undefined;
  return parseMeshConfig(mesh, typeof meshNetworks === "string" ? meshNetworks : "");
}
