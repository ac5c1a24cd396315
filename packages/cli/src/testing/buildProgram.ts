import { execFile } from "node:child_process";
import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const script = fileURLToPath(new URL("../../../../scripts/build.mjs", import.meta.url));

/** The folder of the built program: built by the first test of a run that asks, whichever worker runs it. It goes with the run. */
export async function buildProgram(): Promise<string> {
  const folder = join(tmpdir(), "isthmus-built");
  const done = join(folder, "done");
  for (;;) {
    if (await isThere(done)) return join(folder, "program");
    const isFirst = await mkdir(folder).then(
      () => true,
      () => false,
    );
    if (!isFirst) {
      await sleep(100);
      continue;
    }
    try {
      await promisify(execFile)(process.execPath, [script, join(folder, "program")]);
      await writeFile(done, "");
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
