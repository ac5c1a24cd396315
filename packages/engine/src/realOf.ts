import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A path without links, as far as it is there. */
export async function realOf(path: string): Promise<string> {
  return realpath(path).catch(async () =>
    dirname(path) === path ? path : join(await realOf(dirname(path)), basename(path)),
  );
}
