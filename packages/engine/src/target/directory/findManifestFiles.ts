import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";

const manifestName = /\.(ya?ml|json)$/i;

export interface FindOptions {
  /** Also what is below the folders in it; true unless set. */
  readonly recursive?: boolean;
  /** Only the first so many, and nothing is looked at any more; all unless set. */
  readonly most?: number;
  /** By its path; those with the ending of YAML or JSON unless set. */
  readonly isManifest?: (path: string) => boolean;
}

/**
 * The files below `directory` that may hold manifests, sorted: *.yaml, *.yml, *.json, each real file once. Hidden files
 * and folders are left out, and so are symbolic links that lead out of the directory: what is not in the repository
 * is not part of the cluster. Throws what the file system throws.
 */
export async function findManifestFiles(
  directory: string,
  signal?: AbortSignal,
  {
    recursive = true,
    most = Number.POSITIVE_INFINITY,
    isManifest = (path) => manifestName.test(path),
  }: FindOptions = {},
): Promise<readonly string[]> {
  const root = await realpath(directory);
  const files: string[] = [];
  const seen = new Set<string>();
  const walk = async (folder: string): Promise<void> => {
    signal?.throwIfAborted();
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
      if (files.length >= most) return;
      if (entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      const type = await typeOf(entry, path, root);
      if (type === "folder" && recursive && (await isNew(path, seen))) await walk(path);
      if (type === "file" && isManifest(path) && (await isNew(path, seen))) files.push(path);
    }
  };
  await walk(directory);
  return files;
}

/** Links can make one file or folder appear twice, or a folder contain itself. */
async function isNew(path: string, seen: Set<string>): Promise<boolean> {
  const real = await realpath(path);
  if (seen.has(real)) return false;
  seen.add(real);
  return true;
}

/** A named pipe or a device counts as a file, so that whoever reads it says why it cannot be read. */
async function typeOf(entry: Dirent, path: string, root: string): Promise<"file" | "folder" | "other"> {
  if (entry.isDirectory()) return "folder";
  if (!entry.isSymbolicLink()) return "file";
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined || !(real === root || real.startsWith(root + sep))) return "other";
  return (await stat(real)).isDirectory() ? "folder" : "file";
}
