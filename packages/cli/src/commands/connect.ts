import { realpath, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import {
  appendDocument,
  at,
  hasErrors,
  type InputFile,
  joinConsumers,
  MeshError,
  parseIntents,
  type SharedService,
  say,
  showDeclared,
  toYaml,
  usage,
  withConsumers,
} from "@isthmus/core";
import { type IntentFiles, withFolderLock } from "@isthmus/engine";
import { exitCodes } from "../exit.ts";
import { readDeclarations, readDeclarationsQuietly } from "../readDeclarations.ts";
import type { Session } from "../session.ts";
import { notUnderstood } from "../withMesh.ts";
import { writeText } from "../writeText.ts";
import { type ConnectOptions, connectIntent, type WrittenSharedService } from "./connectIntent.ts";
import { planDeclared } from "./plan.ts";

export interface ConnectCommandOptions extends ConnectOptions {
  readonly dryRun?: boolean;
}

/** A file as it would be, and what that does. */
export interface FileChange {
  readonly file: InputFile;
  readonly what: string;
}

/**
 * Declares a SharedService in a file, or adds consumers to the one that is declared, and shows the plan. Nothing is written
 * where the plan has an error. Throws RESOURCE_DUPLICATE where it is declared differently.
 */
export async function connect(session: Session, service: string, options: ConnectCommandOptions): Promise<number> {
  const intent = connectIntent(service, options);
  const path = await fileFor(session, `${intent.metadata.name}.${intent.metadata.namespace}.yaml`);
  return changeDeclarations(session, options.dryRun === true, (before) => {
    const declared = findDeclared(before, intent.metadata);
    if (declared === undefined) {
      const text = before.files.find(({ name }) => name === path)?.text ?? "";
      return { file: { name: path, text: appendDocument(text, intent) }, what: toYaml(intent) };
    }
    return addedConsumers(before, declared, intent, options);
  });
}

/**
 * Reads what is declared, shows the plan of what it would be after `change`, and then writes the file, unless it would be
 * refused; one isthmus at a time. Words in place of a change: why nothing is to be written. While something that is declared
 * cannot be read nothing is written either: it may declare just that.
 */
export async function changeDeclarations(
  session: Session,
  dryRun: boolean,
  change: (before: IntentFiles) => FileChange | string,
): Promise<number> {
  const { filename } = session.options;
  if (filename.includes("-")) {
    throw usage(
      say`${{ command: session.command }} edits a file, and standard input is not one`,
      "name a file or a folder with -f",
    );
  }
  const work = async (locked: string | undefined) => {
    const before = await readDeclarations(session);
    if (hasErrors(before.problems)) {
      const code = notUnderstood(session, before.problems);
      session.note("\nNothing was written.\n");
      return code;
    }
    const changed = change(before);
    if (typeof changed === "string") {
      session.note(`${changed}.\n\n`);
      return planDeclared(session, before, {});
    }
    const { file, what } = changed;
    if (!dryRun && (await folderOf(session, file)) !== locked) {
      const message = say`the declarations have changed meanwhile`;
      throw new MeshError({ code: "WRITE_FAILED", at: { file: file.name }, message, hint: "try again" });
    }
    const files = [...before.files.filter(({ name }) => name !== file.name), ...(file.text === "" ? [] : [file])];
    const after: IntentFiles = { ...before, files, ...parseIntents(files) };
    session.note(`${session.err.strong(file.name)}\n${session.err.add(what)}\n`);
    let isRefused = after.intents === undefined;
    const code = await planDeclared(session, after, {
      onPlanned: (problems) => {
        isRefused = hasErrors(problems);
      },
    });
    if (isRefused) session.note(`\nNothing was written to ${file.name}.\n`);
    else if (!dryRun && file.text === "") {
      await rm(resolve(session.io.cwd, file.name));
      session.note(`\nDeleted ${file.name}, where nothing else was declared.\n`);
    } else if (!dryRun) {
      await writeText(session, file.name, file.text);
      session.note(`\nWrote ${file.name}.${code === exitCodes.ok ? " Next: isthmus apply" : ""}\n`);
    }
    return code;
  };
  if (dryRun) return work(undefined);
  // Which file it is only what is declared tells, and that may be another by the time that its folder is ours.
  const first = await readDeclarationsQuietly(session);
  const changed = hasErrors(first.problems) ? "" : change(first);
  if (typeof changed === "string") return work(undefined);
  const path = changed.file.name;
  const folder = await folderOf(session, changed.file);
  return withFolderLock(folder, () => work(folder), { signal: session.signal }).catch((error) => {
    // No folder, or none that may be written to.
    if (error instanceof Error && "code" in error && typeof error.code === "string" && /^E[A-Z]+$/.test(error.code)) {
      const message = say`${{ path }} cannot be written: ${{ reason: error.message }}`;
      throw new MeshError({ code: "WRITE_FAILED", at: { file: path }, message, hint: "" }, { cause: error });
    }
    throw error;
  });
}

/** The folder that a file is written in: where a link leads. */
async function folderOf({ io }: Session, { name }: InputFile): Promise<string> {
  const path = resolve(io.cwd, name);
  return dirname(await realpath(path).catch(() => path));
}

export function findDeclared(
  { intents }: IntentFiles,
  { name, namespace }: { readonly name: string; readonly namespace?: string | undefined },
): SharedService | undefined {
  return intents?.sharedServices.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
}

function addedConsumers(
  before: IntentFiles,
  declared: SharedService,
  { spec }: WrittenSharedService,
  { as, port }: ConnectOptions,
): FileChange | string {
  const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
  if (
    !isSame(spec.servedBy, declared.spec.servedBy) ||
    (as !== undefined && !isSame(as, declared.spec.as)) ||
    (port !== undefined && !isSame(port, declared.spec.ports))
  ) {
    throw differs(declared, before);
  }
  const consumers = joinConsumers(declared.spec.consumers, spec.consumers);
  const name = before.sources.fileOf(declared);
  if (consumers === declared.spec.consumers) return `${showDeclared(declared)} is declared already, in ${name}`;
  const text = before.files.find((file) => file.name === name)?.text ?? "";
  const edited = withConsumers(text, { kind: "SharedService", ...declared.metadata }, consumers);
  if (name === undefined || edited === undefined) throw differs(declared, before);
  const added = consumers.slice(declared.spec.consumers.length);
  const who = added.flatMap(({ clusters, namespaces }) =>
    namespaces === undefined ? clusters : namespaces.map((namespace) => `${clusters}/${namespace}`),
  );
  return { file: { name, text: edited }, what: `${showDeclared(declared)}: consumers ${who.join(", ")}\n` };
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

function differs(declared: SharedService, { sources }: IntentFiles): MeshError {
  return new MeshError({
    code: "RESOURCE_DUPLICATE",
    at: sources.locate(at(declared)),
    message: say`${{ declared: showDeclared(declared) }} is declared already, and differently`,
    hint: "edit it there, then `isthmus plan`",
  });
}
