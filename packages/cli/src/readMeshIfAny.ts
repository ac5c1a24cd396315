import { type Intents, type MeshCluster, MeshError, undeclaredMesh } from "@isthmus/core";
import { readIfAny } from "./readDeclarations.ts";
import type { Session } from "./session.ts";

export interface MeshIfAny {
  readonly mesh: Intents["mesh"];
  /** Undefined where nothing is declared yet. */
  readonly clusters: readonly MeshCluster[] | undefined;
  readonly externalAccesses: Intents["externalAccesses"];
}

/** What is declared, or a Mesh with its defaults where there is no declaration yet. Throws the first problem of a wrong one. */
export async function readMeshIfAny(session: Session): Promise<MeshIfAny> {
  const found = await readIfAny(session);
  if (found instanceof MeshError) return { ...undeclaredMesh([]), clusters: undefined };
  const { intents, problems } = found;
  if (intents !== undefined) return intents;
  const [first] = problems;
  throw first === undefined ? new Error("no problem tells why") : new MeshError(first);
}
