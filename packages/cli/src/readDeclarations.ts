import { MeshError } from "@isthmus/core";
import { type IntentFiles, type PassedOver, readIntentFiles } from "@isthmus/engine";
import type { Session } from "./session.ts";

/** What `-f` names, or the declarations in this folder; says what was passed over. Throws NO_INTENTS where there is neither. */
export async function readDeclarations(session: Session): Promise<IntentFiles> {
  const read = await readDeclarationsQuietly(session);
  tellPassedOver(session, read.passedOver);
  return read;
}

/** The same, and NO_INTENTS is what it gives where nothing is named and this folder declares nothing. */
export async function readIfAny(session: Session): Promise<IntentFiles | MeshError> {
  return readDeclarations(session).catch((error: unknown) => {
    const isNamed = session.options.filename.length > 0;
    if (isNamed || !(error instanceof MeshError) || error.code !== "NO_INTENTS") throw error;
    return error;
  });
}

/** The same without a word: for a first look, after which they are read again. */
export async function readDeclarationsQuietly(session: Session): Promise<IntentFiles> {
  const { io, options, signal } = session;
  const recursive = options.recursive === true;
  const read = await readIntentFiles(options.filename, { cwd: io.cwd, stdin: io.stdin, recursive, signal });
  const [first] = read.problems;
  if (options.filename.length === 0 && first?.code === "NO_INTENTS") throw new MeshError(first);
  return read;
}

/** What a slip may have left out is worth a line: what is declared no longer is deleted. */
function tellPassedOver({ note, err, options }: Session, { files, folders }: PassedOver): void {
  const most = options.verbose === true ? Number.POSITIVE_INFINITY : 3;
  const parts = [
    ...(files.length === 0 ? [] : [`${some(files, most)} (nothing of Isthmus)`]),
    ...(folders.length === 0 ? [] : [`${some(folders, most)} (declarations below a folder: -R reads them)`]),
  ];
  if (parts.length > 0) note(err.faint(`Passed over: ${parts.join("; ")}.\n`));
}

function some(names: readonly string[], most: number): string {
  const more = names.length - most;
  return more <= 0 ? names.join(", ") : `${names.slice(0, most).join(", ")} and ${more} more`;
}
