import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { MeshError, say, usage } from "@isthmus/core";
import { writeFileAtomically } from "@isthmus/engine";
import type { Session } from "./session.ts";

/**
 * Writes a text file of the user's, all of it or nothing; `file` is how the user calls it. Throws WRITE_FAILED, and USAGE where it exists and is
 * not to be replaced.
 */
export async function writeText(
  { io }: Session,
  file: string,
  text: string,
  options: { readonly replace: boolean } = { replace: true },
): Promise<void> {
  try {
    const path = resolve(io.cwd, file);
    // Where a link leads, not in its place.
    const real = await realpath(path).catch(() => path);
    await writeFileAtomically(real, text, options);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") {
      const hint = "--force replaces it, -f names another file";
      throw usage(say`${{ file }} exists already`, hint);
    }
    const hint = code === "ENOENT" ? "create its folder first" : "";
    throw new MeshError(
      { code: "WRITE_FAILED", at: { file }, message: say`${{ file }} cannot be written: ${{ reason: message }}`, hint },
      { cause },
    );
  }
}
