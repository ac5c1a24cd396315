import { rename, writeFile } from "node:fs/promises";

/** A reader, or a crash, never sees half a file. */
export async function writeFileAtomically(path: string, text: string, mode = 0o644): Promise<void> {
  const partial = `${path}.${process.pid}.${process.hrtime.bigint()}`;
  await writeFile(partial, text, { mode });
  await rename(partial, path);
}
