import { type IntentFiles, readIntentFiles } from "@isthmus/engine";
import { defaultFiles } from "./defaultFiles.ts";
import type { Session } from "./session.ts";

/** What `-f` names, or the declarations in this folder. Throws NO_INTENTS where there is neither. */
export async function readDeclarations({ io, options, signal }: Session): Promise<IntentFiles> {
  const paths = options.filename.length > 0 ? options.filename : await defaultFiles(io.cwd);
  return readIntentFiles(paths, { cwd: io.cwd, stdin: io.stdin, signal });
}
