import { randomUUID } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Replaces a file's content or creates it, at once: a reader, or the next run after a crash, sees all of the old or all of
 * the new. An existing file keeps its mode, unless `mode` is given. The temporary file beside it is hidden, so that a left
 * one is never read, and nobody can know its name and lead it elsewhere.
 */
export async function writeFileAtomically(path: string, text: string, mode?: number): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  const kept = (await stat(path).catch(() => undefined))?.mode;
  try {
    const file = await open(temporary, "wx", mode ?? kept);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
