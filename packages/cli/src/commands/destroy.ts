import type { Mesh } from "@isthmus/core";
import { planMesh } from "@isthmus/engine";
import { readDeclarations } from "../readDeclarations.ts";
import type { Session } from "../session.ts";
import { withMesh } from "../withMesh.ts";
import { carryOut } from "./apply.ts";

export interface DestroyOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** Deletes every object of ours in the declared clusters, and no file: as if nothing but the clusters were declared. */
export async function destroy(session: Session, options: DestroyOptions): Promise<number> {
  const read = await readDeclarations(session);
  const nothing = { sharedServices: [], externalAccesses: [], externalServices: [] };
  const intents = read.intents && { ...read.intents, ...nothing, mesh: withoutExports(read.intents.mesh) };
  return withMesh(session, { ...read, intents }, async (declared) => {
    const mesh = await planMesh(declared, { prune: true, adopt: false, ...session.reading });
    return carryOut(session, mesh, { ...options, maxDelete: { percent: 100 } });
  });
}

/** What ServiceExports share is of no file. */
function withoutExports(mesh: Mesh): Mesh {
  const { mcs: _mcs, ...spec } = mesh.spec;
  return { ...mesh, spec };
}
