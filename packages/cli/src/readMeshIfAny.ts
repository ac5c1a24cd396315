import { type Intents, type MeshCluster, MeshError, meshSchema } from "@isthmus/core";
import { readDeclarations } from "./readDeclarations.ts";
import type { Session } from "./session.ts";

export interface MeshIfAny {
  readonly mesh: Intents["mesh"];
  /** Undefined where nothing is declared yet. */
  readonly clusters: readonly MeshCluster[] | undefined;
  readonly externalAccesses: Intents["externalAccesses"];
}

/** What is declared, or a Mesh with its defaults where there is no declaration yet. Throws the first problem of a wrong one. */
export async function readMeshIfAny(session: Session): Promise<MeshIfAny> {
  try {
    const { intents, problems } = await readDeclarations(session);
    if (intents !== undefined) return intents;
    const [first] = problems;
    throw first === undefined ? new Error("no problem tells why") : new MeshError(first);
  } catch (error) {
    const isNamed = session.options.filename.length > 0;
    if (isNamed || !(error instanceof MeshError) || error.code !== "NO_INTENTS") throw error;
    const mesh = meshSchema.parse({ apiVersion: "isthmus.io/v1alpha1", kind: "Mesh", metadata: { name: "mesh" } });
    return { mesh, clusters: undefined, externalAccesses: [] };
  }
}
