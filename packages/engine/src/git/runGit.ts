import { execFile } from "node:child_process";
import { promisify } from "node:util";

export interface GitOptions {
  /** Any folder of the repository. */
  readonly cwd: string;
  readonly signal: AbortSignal;
}

/** Why git does not do what it was asked, in its own words. */
export class GitError extends Error {}

/** A list of all files of a repository, at 100 bytes each, is some millions of files. */
const mostOutput = 256 * 1024 ** 2;

const run = promisify(execFile);

/** Messages are read by people, but in one language: ours are. */
export function gitEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: "C" };
}

/** What git prints. Throws a `GitError`, and the reason of a signal. */
export async function runGit(words: readonly string[], { cwd, signal }: GitOptions): Promise<Buffer> {
  try {
    const options = { cwd, signal, maxBuffer: mostOutput, env: gitEnvironment(), encoding: "buffer" } as const;
    return (await run("git", [...words], options)).stdout;
  } catch (error) {
    signal.throwIfAborted();
    throw new GitError(reasonOf(error), { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "ENOENT") return "there is no git to run here";
  const stderr = "stderr" in error ? String(error.stderr).trim() : "";
  // After the first line git tells how it could be made to go on.
  return stderr === "" ? error.message : (stderr.split("\n")[0] ?? "").replace(/^(fatal|error): /, "");
}
