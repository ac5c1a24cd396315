import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { kinds, MeshError, makeProblem, type Problem, type StrayDeclaration, strayDeclarations } from "@isthmus/core";

const extensions = /\.(ya?ml|json)$/i;
/**
 * A declaration of ours, as a line of its own or within `{…}` on one line; other manifests in the same folder are none of
 * our business unless they are named.
 */
const declaration = /^[\s-]*(?:[[{](?:.*[[{,])?\s*)?["']?apiVersion["']?\s*:\s*["']?isthmus\.io\//m;
/** Bytes. What is larger is looked at only when it is named. */
const largest = 5_000_000;

/** Whether it is worth to look for what was meant to be a declaration. */
const suspicion = new RegExp(`${kinds.join("|")}|apiVersion["']?\\s*:\\s*["']?i`, "i");

export interface DefaultFiles {
  /** Those that declare, or were meant to: what is wrong with them is told by who reads them. */
  readonly files: readonly string[];
  /** KIND_NAMESAKE, of other files. */
  readonly problems: readonly Problem[];
}

/** The files of a folder that hold declarations: what a command works on without `-f`. Throws NO_INTENTS. */
export async function defaultFiles(folder: string): Promise<DefaultFiles> {
  const names = (await readdir(folder)).filter((name) => extensions.test(name)).sort();
  const found = await Promise.all(names.map((name) => lookAt(folder, name)));
  const files = found.flatMap((each) => each.files);
  if (files.length > 0) return { files, problems: found.flatMap((each) => each.problems) };
  throw new MeshError({
    code: "NO_INTENTS",
    at: { file: folder },
    message: "no file in this folder declares a mesh",
    hint: "name files or folders with -f; or start with `isthmus init` for your clusters, `isthmus demo` without any",
  });
}

async function lookAt(folder: string, name: string): Promise<DefaultFiles> {
  const text = await textOf(join(folder, name));
  if (text === undefined) return { files: [], problems: [] };
  if (declaration.test(text)) return { files: [name], problems: [] };
  const strays = suspicion.test(text) ? strayDeclarations({ name, text }) : [];
  if (strays.some(({ type }) => type === "meant")) return { files: [name], problems: [] };
  return { files: [], problems: strays.map(namesake) };
}

function namesake({ at, kind, apiVersion }: StrayDeclaration): Problem {
  return makeProblem({
    code: "KIND_NAMESAKE",
    at,
    message: `${kind} of apiVersion ${JSON.stringify(apiVersion)} is none of ours and was passed over`,
    hint: "where it was meant for Isthmus, correct its apiVersion: isthmus.io/v1alpha1",
  });
}

async function textOf(path: string): Promise<string | undefined> {
  const { size, isFile } = await stat(path).then(
    (stats) => ({ size: stats.size, isFile: stats.isFile() }),
    () => ({ size: 0, isFile: false }),
  );
  return isFile && size <= largest ? readFile(path, "utf8") : undefined;
}
