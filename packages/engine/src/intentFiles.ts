import { readdir, realpath, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import {
  type InputFile,
  makeProblem,
  maxFileLength,
  type ParsedIntents,
  type Problem,
  parseIntents,
  readDocuments,
  say,
} from "@isthmus/core";
import { FileRefused, readRegularFile, readUpTo } from "@isthmus/kube";
import { holdsOnlyTests, lookForDeclarations } from "./lookForDeclarations.ts";
import { findManifestFiles } from "./target/directory/findManifestFiles.ts";
import type { CallOptions } from "./target/target.ts";

export interface IntentFilesOptions extends CallOptions {
  /** What relative paths are relative to; the process's working directory unless told. */
  readonly cwd?: string;
  /** Whether folders are read with all that is below them. */
  readonly recursive?: boolean;
  /** What `-` stands for; the process's standard input unless told. */
  readonly stdin?: AsyncIterable<Uint8Array | string>;
}

export interface IntentFiles extends ParsedIntents {
  readonly files: readonly InputFile[];
  readonly passedOver: PassedOver;
}

/** What folders hold beside what was read. */
export interface PassedOver {
  /** Files that declare nothing of ours. */
  readonly files: readonly string[];
  /** Folders that hold declarations: only `recursive` reads them. */
  readonly folders: readonly string[];
}

/** A file to read: how messages call it, where it is, and whether it was named or found in a folder. */
interface Source {
  readonly name: string;
  readonly path: string;
  readonly isNamed: boolean;
}

type Found = { readonly sources: readonly Source[]; readonly folder?: string } | { readonly problem: Problem };
type ReadResult = { readonly file: InputFile; readonly source: Source } | { readonly problem: Problem };

const standardInput = "-";

/**
 * Reads what `-f` names and parses it: files, folders with their *.yaml, *.yml and *.json (and all below them if `recursive`), `-`
 * for standard input; the working directory where nothing is named. What is named twice counts once. In a folder only the
 * files count that declare something of ours, or were meant to: `passedOver` has the others. Never throws but for `signal`:
 * what cannot be read is a problem like any other (FILE_UNREADABLE, FILE_TOO_LARGE), and then there are no intents.
 */
export async function readIntentFiles(
  given: readonly string[],
  options: IntentFilesOptions = {},
): Promise<IntentFiles> {
  const paths = given.length === 0 ? ["."] : given;
  const { texts, problems, folders } = await readSources(paths, options);
  const directories = texts.flatMap(({ file, source }) => clusterDirectories(file, source, options));
  const isManifest = (path: string) => directories.some((directory) => isBelow(path, directory));
  const looked = texts
    .filter(({ source }) => source.isNamed || !isManifest(source.path))
    .map(({ file, source }) => ({ file, found: lookForDeclarations(file, source.isNamed) }));
  const files = looked.filter(({ found }) => found.declares).map(({ file }) => file);
  const passedOver = {
    files: looked.filter(({ file, found }) => !found.declares && !isKeyFile(file)).map(({ file }) => file.name),
    folders: options.recursive === true ? [] : await foldersThatDeclare(folders, isManifest, options),
  };
  const namesakes = looked.flatMap(({ found }) => found.namesakes);
  if (files.length === 0 && problems.length === 0 && folders.length > 0) {
    const none = nothingDeclared(folders, passedOver, given.length > 0);
    return { ...parseIntents([], { isComplete: false }), intents: undefined, files, passedOver, problems: [none] };
  }
  const parsed = parseIntents(files, { isComplete: problems.length === 0 });
  const intents = problems.length === 0 ? parsed.intents : undefined;
  return { ...parsed, intents, files, passedOver, problems: [...problems, ...parsed.problems, ...namesakes] };
}

/** The files that the paths name, and all below the folders among them, whatever they hold. */
export async function readInputFiles(
  paths: readonly string[],
  options: IntentFilesOptions = {},
): Promise<{ readonly files: readonly InputFile[]; readonly problems: readonly Problem[] }> {
  const { texts, problems } = await readSources(paths, { ...options, recursive: true });
  return { files: texts.map(({ file }) => file), problems };
}

async function readSources(paths: readonly string[], options: IntentFilesOptions) {
  const found = await Promise.all(paths.map((path) => findSources(path, options)));
  const sources = await withoutRepeats(found.flatMap((each) => ("sources" in each ? each.sources : [])));
  const read = await Promise.all(sources.map((source) => readSource(source, options)));
  const texts = read.flatMap((each) => ("file" in each ? [each] : []));
  const folders = found.flatMap((each) => ("folder" in each && each.folder !== undefined ? [each.folder] : []));
  return { texts, folders, problems: [...found, ...read].flatMap((each) => ("problem" in each ? [each.problem] : [])) };
}

async function findSources(name: string, options: IntentFilesOptions): Promise<Found> {
  const { cwd = process.cwd(), recursive = false, signal } = options;
  if (name === standardInput) return { sources: [{ name, path: name, isNamed: true }] };
  const path = resolve(cwd, name);
  try {
    if (!(await stat(path)).isDirectory()) return { sources: [{ name, path, isNamed: true }] };
    const files = await findManifestFiles(path, signal, { recursive });
    const sources = files.map((file) => ({ name: join(name, relative(path, file)), path: file, isNamed: false }));
    return { sources, folder: name };
  } catch (error) {
    signal?.throwIfAborted();
    return { problem: unreadable(name, error) };
  }
}

/** The first name of each file. One that is named and found in a folder as well counts as named. */
async function withoutRepeats(sources: readonly Source[]): Promise<readonly Source[]> {
  const byFile = new Map<string, Source>();
  for (const source of sources) {
    const real = await realpath(source.path).catch(() => source.path);
    const first = byFile.get(real);
    byFile.set(real, first === undefined ? source : { ...first, isNamed: first.isNamed || source.isNamed });
  }
  return [...byFile.values()];
}

async function readSource(source: Source, { stdin = process.stdin, signal }: IntentFilesOptions): Promise<ReadResult> {
  const { name, path } = source;
  try {
    if (path === standardInput) return withinLimit(source, await readUpTo(stdin, maxFileLength, { signal }));
    return withinLimit(source, await readRegularFile(path, { limit: maxFileLength, signal }));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof FileRefused && error.code === "TOO_LARGE") return { problem: tooLarge(name) };
    return { problem: unreadable(name, error) };
  }
}

function withinLimit(source: Source, text: string | undefined): ReadResult {
  const { name } = source;
  if (text === undefined) return { problem: tooLarge(name) };
  return isText(text) ? { source, file: { name, text } } : { problem: notText(name) };
}

/** Of UTF-16 read as UTF-8, the mark at its start is unreadable, and every second byte of it is 0. */
function isText(text: string): boolean {
  return !(text.startsWith("\uFFFD\uFFFD") || text.includes("\0"));
}

/** The folders right below `folders` that hold a declaration, which a reading that is not recursive leaves out. */
async function foldersThatDeclare(
  folders: readonly string[],
  isManifest: (path: string) => boolean,
  { cwd = process.cwd(), signal }: IntentFilesOptions,
): Promise<readonly string[]> {
  const below = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(resolve(cwd, folder), { withFileTypes: true });
      return entries
        .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
        .map(({ name }) => join(folder, name));
    }),
  );
  const declaring: string[] = [];
  for (const name of below.flat()) {
    const path = resolve(cwd, name);
    const files = await findManifestFiles(path, signal, { most: mostLookedAt }).catch(() => []);
    signal?.throwIfAborted();
    for (const file of files) {
      if (isManifest(file)) continue;
      const text = await readRegularFile(file, { limit: maxFileLength, signal }).catch(() => undefined);
      signal?.throwIfAborted();
      if (text === undefined || holdsOnlyTests({ name, text })) continue;
      if (!lookForDeclarations({ name, text }, false).declares) continue;
      declaring.push(name);
      break;
    }
  }
  return declaring;
}

// Enough for declarations; a folder of thousands of manifests is somebody else's.
const mostLookedAt = 200;

function nothingDeclared(folders: readonly string[], passedOver: PassedOver, isNamed: boolean): Problem {
  const where = isNamed ? folders.join(", ") : "this folder";
  const ways = "start with `isthmus init` for your clusters, `isthmus demo` without any";
  return makeProblem({
    code: "NO_INTENTS",
    at: { file: folders[0] ?? "." },
    message: say`no file in ${where} declares a mesh`,
    hint:
      passedOver.folders.length > 0
        ? `${passedOver.folders.join(", ")} ${passedOver.folders.length === 1 ? "does" : "do"}: -R reads what is below`
        : `name files or folders with -f; or ${ways}`,
  });
}

/** As `isthmus ca init` writes it, beside the declarations. */
function isKeyFile({ text }: InputFile): boolean {
  return /^\s*\{\s*"format":\s*"isthmus-ca-key"/.test(text);
}

/** `access.directory` of the clusters that a file declares, as far as it can be read; not one that holds the file itself. */
function clusterDirectories(file: InputFile, { path }: Source, { cwd = process.cwd() }: IntentFilesOptions) {
  // Most files declare none, and reading them twice takes its time.
  if (!/MeshCluster/.test(file.text) || !/directory/.test(file.text)) return [];
  return readDocuments(file)
    .documents.flatMap(({ value }) => directoriesIn(value))
    .map((directory) => resolve(cwd, dirname(path), directory))
    .filter((directory) => !isBelow(path, directory));
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder + sep);
}

function directoriesIn(value: unknown): readonly string[] {
  const items = fieldOf(value, "items");
  if (fieldOf(value, "kind") === "List" && Array.isArray(items)) return items.flatMap(directoriesIn);
  if (fieldOf(value, "kind") !== "MeshCluster") return [];
  const directory = fieldOf(fieldOf(fieldOf(value, "spec"), "access"), "directory");
  return typeof directory === "string" && directory !== "" ? [directory] : [];
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function notText(name: string): Problem {
  return makeProblem({
    code: "FILE_UNREADABLE",
    at: { file: name, line: 1, column: 1 },
    message: say`${{ name }} is not UTF-8 text`,
    hint: "Save it as UTF-8; Windows PowerShell's > writes UTF-16.",
  });
}

function unreadable(name: string, error: unknown): Problem {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const reason = error instanceof Error ? error.message : String(error);
  return makeProblem({
    code: "FILE_UNREADABLE",
    at: { file: name },
    message: code === "ENOENT" ? say`${{ name }} does not exist` : say`${{ name }} cannot be read: ${{ reason }}`,
    hint: code === "ENOENT" ? "Correct the path." : "",
  });
}

function tooLarge(name: string): Problem {
  const message = say`${{ name }} has more than ${{ maxFileLength }} bytes, which is the most that is read`;
  return makeProblem({ code: "FILE_TOO_LARGE", at: { file: name }, message, hint: "Split it into several files." });
}
