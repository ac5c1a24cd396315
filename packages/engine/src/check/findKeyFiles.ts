import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { KeyFile } from "@isthmus/core/check";
import { readRegularFile } from "@isthmus/kube";

/** Where `isthmus ca` keeps key files unless told. */
const folders = [".", "ca"];
/** Bytes; key files have a few thousand. */
const largest = 1_000_000;

/** Files with a CA's key in a folder and its `ca`, with their permissions. None on Windows, which has no such bits. */
export async function findKeyFiles(cwd: string): Promise<readonly KeyFile[]> {
  if (process.platform === "win32") return [];
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(join(cwd, folder)).catch(() => []);
      const files = names.filter((name) => name.endsWith(".json")).sort();
      return Promise.all(files.map((name) => keyFile(cwd, join(folder, name))));
    }),
  );
  return found.flat(2);
}

async function keyFile(cwd: string, path: string): Promise<readonly KeyFile[]> {
  try {
    const { mode } = await stat(join(cwd, path));
    const text = await readRegularFile(join(cwd, path), { limit: largest });
    return /"format"\s*:\s*"isthmus-ca-key"/.test(text) ? [{ path, mode: mode & 0o777 }] : [];
  } catch {
    // What we may not read others may not either; something that is not a file, or a large one, is not a key file.
    return [];
  }
}
