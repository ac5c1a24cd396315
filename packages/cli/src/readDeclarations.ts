import { type IntentFiles, readIntentFiles } from "@isthmus/engine";
import { defaultFiles } from "./defaultFiles.ts";
import type { Session } from "./session.ts";

/** What `-f` names, or the declarations in this folder. Throws NO_INTENTS where there is neither. */
export async function readDeclarations({ io, options, signal }: Session): Promise<IntentFiles> {
  const named = options.filename.length > 0 ? { files: options.filename, problems: [] } : await defaultFiles(io.cwd);
  const read = await readIntentFiles(named.files, { cwd: io.cwd, stdin: io.stdin, signal });
  return { ...read, problems: [...read.problems, ...named.problems] };
}
