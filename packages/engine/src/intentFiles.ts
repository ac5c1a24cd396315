import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import {
  type InputFile,
  makeProblem,
  maxFileLength,
  type ParsedIntents,
  type Problem,
  parseIntents,
  readDocuments,
} from "@isthmus/core";
import { readUpTo } from "./readUpTo.ts";
import { findManifestFiles } from "./target/directory/findManifestFiles.ts";
import type { CallOptions } from "./target/target.ts";

export interface IntentFilesOptions extends CallOptions {
  /** What relative paths are relative to; the process's working directory unless told. */
  readonly cwd?: string;
  /** What `-` stands for; the process's standard input unless told. */
  readonly stdin?: AsyncIterable<Uint8Array | string>;
}

export interface IntentFiles extends ParsedIntents {
  readonly files: readonly InputFile[];
}

/** A file to read: how messages call it, where it is, and whether it was named or found in a folder. */
interface Source {
  readonly name: string;
  readonly path: string;
  readonly isNamed: boolean;
}

type Found = { readonly sources: readonly Source[] } | { readonly problem: Problem };
type ReadResult = { readonly file: InputFile; readonly source: Source } | { readonly problem: Problem };

const standardInput = "-";

/**
 * Reads what `-f` names and parses it: files, folders with all *.yaml, *.yml and *.json below them, `-` for standard input;
 * what is named twice counts once. In a folder the directories that a MeshCluster declares as its own are left out, since
 * they hold a cluster's manifests, and so are a CA's key files. Never throws but for `signal`: what cannot be read is a
 * problem like any other (FILE_UNREADABLE, FILE_TOO_LARGE), and then there are no intents.
 */
export async function readIntentFiles(
  paths: readonly string[],
  options: IntentFilesOptions = {},
): Promise<IntentFiles> {
  const { texts, problems } = await readSources(paths, options);
  const files = withoutManifests(texts, options.cwd ?? process.cwd());
  const parsed = parseIntents(files, { isComplete: problems.length === 0 });
  if (problems.length === 0) return { ...parsed, files };
  return { files, sources: parsed.sources, intents: undefined, problems: [...problems, ...parsed.problems] };
}

/** The files that the paths name, as `readIntentFiles` reads them, whatever they hold. */
export async function readInputFiles(
  paths: readonly string[],
  options: IntentFilesOptions = {},
): Promise<{ readonly files: readonly InputFile[]; readonly problems: readonly Problem[] }> {
  const { texts, problems } = await readSources(paths, options);
  return { files: texts.map(({ file }) => file), problems };
}

async function readSources(paths: readonly string[], options: IntentFilesOptions) {
  const found = await Promise.all(paths.map((path) => findSources(path, options)));
  const sources = await withoutRepeats(found.flatMap((each) => ("sources" in each ? each.sources : [])));
  const read = await Promise.all(sources.map((source) => readSource(source, options)));
  const texts = read.flatMap((each) => ("file" in each ? [each] : []));
  return { texts, problems: [...found, ...read].flatMap((each) => ("problem" in each ? [each.problem] : [])) };
}

async function findSources(name: string, { cwd = process.cwd(), signal }: IntentFilesOptions): Promise<Found> {
  if (name === standardInput) return { sources: [{ name, path: name, isNamed: true }] };
  const path = resolve(cwd, name);
  try {
    if (!(await stat(path)).isDirectory()) return { sources: [{ name, path, isNamed: true }] };
    const files = await findManifestFiles(path, signal);
    return { sources: files.map((file) => ({ name: join(name, relative(path, file)), path: file, isNamed: false })) };
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
    if (path === standardInput) return withinLimit(source, await readUpTo(stdin, maxFileLength, signal));
    const { size } = await stat(path);
    if (size > maxFileLength) return { problem: tooLarge(name) };
    return withinLimit(source, await readUpTo(createReadStream(path), maxFileLength, signal));
  } catch (error) {
    signal?.throwIfAborted();
    return { problem: unreadable(name, error) };
  }
}

function withinLimit(source: Source, text: string | undefined): ReadResult {
  return text === undefined ? { problem: tooLarge(source.name) } : { source, file: { name: source.name, text } };
}

/** The files that are no manifests of a cluster's directory and no CA's key. Who names such a file itself wants it read. */
function withoutManifests(
  texts: readonly { readonly file: InputFile; readonly source: Source }[],
  cwd: string,
): readonly InputFile[] {
  const directories = texts.flatMap(({ file, source }) =>
    clusterDirectories(file).map((directory) => resolve(cwd, dirname(source.path), directory)),
  );
  return texts
    .filter(
      ({ file, source }) =>
        source.isNamed ||
        !(isKeyFile(file) || directories.some((directory) => source.path.startsWith(directory + sep))),
    )
    .map(({ file }) => file);
}

/** As `isthmus ca init` writes it, beside the declarations. */
function isKeyFile({ text }: InputFile): boolean {
  return /^\s*\{\s*"format":\s*"isthmus-ca-key"/.test(text);
}

/** `access.directory` of the clusters that a file declares, as far as it can be read. */
function clusterDirectories(file: InputFile): readonly string[] {
  // Most files declare none, and reading them twice takes its time.
  if (!/MeshCluster/.test(file.text) || !/directory/.test(file.text)) return [];
  return readDocuments(file).documents.flatMap(({ value }) => directoriesIn(value));
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

function unreadable(name: string, error: unknown): Problem {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const reason = error instanceof Error ? error.message : String(error);
  return makeProblem({
    code: "FILE_UNREADABLE",
    at: { file: name },
    message: code === "ENOENT" ? `${name} does not exist` : `${name} cannot be read: ${reason}`,
    hint: code === "ENOENT" ? "Correct the path." : "",
  });
}

function tooLarge(name: string): Problem {
  const message = `${name} has more than ${maxFileLength} bytes, which is the most that is read`;
  return makeProblem({ code: "FILE_TOO_LARGE", at: { file: name }, message, hint: "Split it into several files." });
}
