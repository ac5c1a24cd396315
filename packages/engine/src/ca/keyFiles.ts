import { randomUUID } from "node:crypto";
import type { Stats } from "node:fs";
import { access, link, mkdir, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MeshError, say, shellWord } from "@isthmus/core";
import { readRegularFile } from "@isthmus/kube";

/** A file as it is found, and as messages call it. */
export interface NamedFile {
  readonly path: string;
  readonly name: string;
}

const largest = 2_000_000;

/**
 * The text of a file that only its owner may read. Throws CA_MISSING where there is none, CA_KEY_FILE_EXPOSED where others
 * may read or write it, or it is another's, FILE_UNREADABLE.
 */
export async function readKeyFile({ path, name }: NamedFile): Promise<string> {
  try {
    return await readRegularFile(path, {
      limit: largest,
      check: (stats) => {
        const why = whyExposed(stats, 0o077);
        if (why !== undefined) throw exposed(name, why);
      },
    });
  } catch (error) {
    if (error instanceof MeshError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") throw unreadable(name, message);
    throw new MeshError({
      code: "CA_MISSING",
      at: { file: name },
      message: say`there is no CA: ${{ name }} does not exist`,
      hint: "Make one with `isthmus ca init`, or take one over with `isthmus ca import`; spec.ca of the Mesh names the file.",
    });
  }
}

/**
 * Writes a new file of mode 0600, whole or not at all, and its folder where there is none. Never replaces one: a root key
 * that is lost is lost for good. Throws CA_EXISTS, WRITE_FAILED.
 */
export async function writeNewKeyFile({ path, name }: NamedFile, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    // Unlike a rename, a link fails where the name is taken, also by a process that was quicker.
    await link(temporary, path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw existing(name);
    throw new MeshError({
      code: "WRITE_FAILED",
      at: { file: name },
      message: say`${{ name }} cannot be written: ${{ reason: message }}`,
      hint: "",
    });
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Throws CA_EXISTS: before somebody types a passphrase for nothing. `writeNewKeyFile` refuses as well. */
export async function refuseExisting({ path, name }: NamedFile): Promise<void> {
  const isFree = await access(path).then(
    () => false,
    () => true,
  );
  if (!isFree) throw existing(name);
}

function existing(name: string): MeshError {
  return new MeshError({
    code: "CA_EXISTS",
    at: { file: name },
    message: say`${{ name }} exists already, and a CA's key is never replaced`,
    hint: "Name another file in spec.ca of the Mesh, or move this one to a safe place first.",
  });
}

interface Exposure {
  readonly why: string;
  readonly remedy: string;
}

/** Why others may do what the bits of `forbidden` stand for; Windows has neither owners nor modes of this kind. */
export function whyExposed(
  { mode, uid }: Pick<Stats, "mode" | "uid">,
  forbidden: number,
  own = process.getuid?.(),
): Exposure | undefined {
  if (own === undefined) return undefined;
  // root may read everything anyway.
  if (uid !== own && uid !== 0) return { why: `its owner is user ${uid}, not ${own}`, remedy: `chown ${own}` };
  if ((mode & forbidden) === 0) return undefined;
  return { why: `mode ${(mode & 0o777).toString(8)}`, remedy: forbidden === 0o022 ? "chmod go-w" : "chmod 600" };
}

export function exposed(name: string, { why, remedy }: Exposure): MeshError {
  return new MeshError({
    code: "CA_KEY_FILE_EXPOSED",
    at: { file: name },
    message: say`others may read or change ${{ name }} (${{ why }})`,
    hint: `${remedy} ${shellWord(name)}`,
  });
}

function unreadable(name: string, why: string): MeshError {
  return new MeshError({
    code: "FILE_UNREADABLE",
    at: { file: name },
    message: say`${{ name }} cannot be read: ${why}`,
    hint: "",
  });
}
