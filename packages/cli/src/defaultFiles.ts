import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { MeshError } from "@isthmus/core";

const extensions = /\.(ya?ml|json)$/i;
/**
 * A declaration of ours, as a line of its own or within `{…}` on one line; other manifests in the same folder are none of
 * our business unless they are named.
 */
const declaration = /^[\s-]*(?:[[{](?:.*[[{,])?\s*)?["']?apiVersion["']?\s*:\s*["']?isthmus\.io\//m;
/** Bytes. What is larger is looked at only when it is named. */
const largest = 5_000_000;

/** The files of a folder that hold declarations: what a command works on without `-f`. Throws NO_INTENTS. */
export async function defaultFiles(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => extensions.test(name)).sort();
  const found = await Promise.all(names.map(async (name) => ((await declares(join(folder, name))) ? [name] : [])));
  const files = found.flat();
  if (files.length > 0) return files;
  throw new MeshError({
    code: "NO_INTENTS",
    at: folder,
    message: "no file in this folder declares a mesh",
    hint: "name files or folders with -f; or start with `isthmus init` for your clusters, `isthmus demo` without any",
  });
}

async function declares(path: string): Promise<boolean> {
  const { size, isFile } = await stat(path).then(
    (stats) => ({ size: stats.size, isFile: stats.isFile() }),
    () => ({ size: 0, isFile: false }),
  );
  return isFile && size <= largest && declaration.test(await readFile(path, "utf8"));
}
