import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  appendDocument,
  at,
  type InputFile,
  MeshError,
  parseIntents,
  type SharedService,
  showDeclared,
  toYaml,
} from "@isthmus/core";
import type { IntentFiles } from "@isthmus/engine";
import { exitCodes } from "../exit.ts";
import { readDeclarations } from "../readDeclarations.ts";
import type { Session } from "../session.ts";
import { writeText } from "../writeText.ts";
import { type ConnectOptions, connectIntent, type WrittenSharedService } from "./connectIntent.ts";
import { planDeclared } from "./plan.ts";

export interface ConnectCommandOptions extends ConnectOptions {
  readonly dryRun?: boolean;
}

/**
 * Declares a SharedService in a file and shows the plan. Nothing is written where the declarations would be wrong with it
 * or where it is declared already. Throws RESOURCE_DUPLICATE where it is declared differently.
 */
export async function connect(session: Session, service: string, options: ConnectCommandOptions): Promise<number> {
  const intent = connectIntent(service, options);
  const before = await readDeclarations(session);
  const declared = before.intents?.sharedServices.find(
    ({ metadata }) => metadata.name === intent.metadata.name && metadata.namespace === intent.metadata.namespace,
  );
  if (declared !== undefined) {
    if (toYaml({ ...declared, metadata: intent.metadata }) !== toYaml(intent)) throw differs(declared, before);
    session.note(`${showDeclared(declared)} is declared already, in ${before.sources.fileOf(declared)}.\n\n`);
    return planDeclared(session, before, {});
  }
  const path = await fileFor(session, `${intent.metadata.name}.${intent.metadata.namespace}.yaml`);
  const { files, file } = withDocument(before.files, path, intent);
  const after: IntentFiles = { ...before, files, ...parseIntents(files) };
  if (after.intents !== undefined) {
    session.note(`${session.err.strong(path)}\n${session.err.add(toYaml(intent))}\n`);
    if (options.dryRun !== true) await writeText(session, path, file.text);
  }
  const code = await planDeclared(session, after, {});
  if (code === exitCodes.ok && options.dryRun !== true) session.note("\nNext: isthmus apply\n");
  return code;
}

/** The file that `-f` names, or one of its own in the folder. */
async function fileFor(session: Session, name: string): Promise<string> {
  const [given] = session.options.filename;
  if (given === undefined) return name;
  const isFolder = await stat(resolve(session.io.cwd, given)).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  return isFolder ? join(given, name) : given;
}

function withDocument(files: readonly InputFile[], name: string, intent: WrittenSharedService) {
  const before = files.find((file) => file.name === name)?.text ?? "";
  const file = { name, text: appendDocument(before, intent) };
  return { file, files: [...files.filter((other) => other.name !== name), file] };
}

function differs(declared: SharedService, { sources }: IntentFiles): MeshError {
  return new MeshError({
    code: "RESOURCE_DUPLICATE",
    at: sources.locate(at(declared)),
    message: `${showDeclared(declared)} is declared already, and differently`,
    hint: "edit it there, then `isthmus plan`",
  });
}
