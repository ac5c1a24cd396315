import { MeshError, type Problem } from "@isthmus/core";
import { type DeclaredMesh, type IntentFiles, openTargets } from "@isthmus/engine";
import { readDeclarationsQuietly } from "./readDeclarations.ts";
import type { Session } from "./session.ts";

/** The mesh as its files declare it now, or why they cannot be understood. */
export type MeshNow = DeclaredMesh | { readonly intents?: never; readonly problems: readonly Problem[] };

/**
 * Has work done that looks at the declared mesh again and again. Files are read each time (standard input once); clusters stay open as long
 * as nothing that is declared changes.
 */
export async function withFollowedMesh(
  session: Session,
  first: IntentFiles,
  work: (now: () => Promise<MeshNow>) => Promise<void>,
): Promise<void> {
  let open: { readonly files: string; readonly mesh: DeclaredMesh } | undefined;
  const close = () => Promise.all([...(open?.mesh.targets.values() ?? [])].map((target) => target.close()));
  const isReadOnce = session.options.filename.includes("-");
  let isFirst = true;
  const now = async (): Promise<MeshNow> => {
    const read = isFirst || isReadOnce ? first : await readAgain(session);
    isFirst = false;
    if (read.intents === undefined) return { problems: read.problems };
    const { intents, sources, problems } = read;
    const files = JSON.stringify(read.files);
    if (open?.files !== files) {
      await close();
      const targets = await openTargets(intents, { ...session.ways, sources });
      open = { files, mesh: { intents, sources, problems, targets } };
    }
    return open.mesh;
  };
  try {
    await work(now);
  } finally {
    await close();
  }
}

async function readAgain(session: Session) {
  return readDeclarationsQuietly(session).catch((error: unknown) => {
    // The files may come back.
    if (error instanceof MeshError && error.code === "NO_INTENTS")
      return { intents: undefined, problems: [error.problem] };
    throw error;
  });
}
