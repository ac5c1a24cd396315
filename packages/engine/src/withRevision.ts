import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { MeshError, say } from "@isthmus/core";

const run = promisify(execFile);

export interface Revision {
  readonly cwd: string;
  /** As git names it: `HEAD~1`, a branch, a commit. */
  readonly revision: string;
  /** Of the folder or file, relative to `cwd`. */
  readonly path: string;
  readonly signal: AbortSignal;
}

/** Has work done with a folder that holds what a path was at a revision; it is gone afterwards. Throws USAGE. */
export async function withRevision<T>(
  { cwd, revision, path, signal }: Revision,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "isthmus-revision-"));
  try {
    const archive = join(folder, "archive.tar");
    try {
      const { stdout } = await run("git", ["rev-parse", "--verify", "--end-of-options", `${revision}^{commit}`], {
        cwd,
        signal,
      });
      await run("git", ["archive", "--format=tar", `--output=${archive}`, stdout.trim(), "--", path], { cwd, signal });
      await run("tar", ["-xf", archive, "-C", folder], { signal });
    } catch (error) {
      if (signal.aborted) throw error;
      const why = error instanceof Error ? error.message.split("\n").slice(0, 3).join(" ") : String(error);
      const message = say`git has no ${{ path }} at ${{ revision }}: ${why}`;
      throw new MeshError(
        { code: "USAGE", at: {}, message, hint: "Name a commit that git has, and a path in it." },
        { cause: error },
      );
    }
    await rm(archive);
    return await work(join(folder, path));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
