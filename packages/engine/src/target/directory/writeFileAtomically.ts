import { randomUUID } from "node:crypto";
import { link, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface AtomicWriteOptions {
  /** Of the file; an existing one keeps its own unless set. */
  readonly mode?: number;
  /** Whether a file that is there is replaced, else that is EEXIST; true unless set. */
  readonly replace?: boolean;
}

/**
 * Replaces a file's content or creates it, at once: a reader, or the next run after a crash, sees all of the old or all of
 * the new. The temporary file beside it is hidden, so that a left one is never read, and nobody can know its name and lead
 * it elsewhere.
 */
export async function writeFileAtomically(
  path: string,
  text: string,
  { mode, replace = true }: AtomicWriteOptions = {},
): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  const kept = (await stat(path).catch(() => undefined))?.mode;
  try {
    const file = await open(temporary, "wx", mode ?? kept);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    // Of all ways to give a file its name, only a link fails where there is one.
    if (replace) await rename(temporary, path);
    else await link(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(path));
}

/** So that the new name outlives a power cut. Not every system lets a folder be opened. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
