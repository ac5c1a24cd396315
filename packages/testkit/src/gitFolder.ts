import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

export interface GitFolder {
  /** The root of its work tree. */
  readonly folder: string;
  /** What git prints, without the last line's end. */
  git(...words: string[]): string;
  /** Commits all that is there, with these files. */
  commit(files: Readonly<Record<string, string>>): Promise<void>;
}

/** A new repository of git with nothing in it, on branch `main`; gone when the test is. */
export async function gitFolder(): Promise<GitFolder> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "isthmus-git-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  // Nothing that this machine's users have set counts.
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  const author = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  const git = (...words: string[]) =>
    execFileSync("git", [...author, ...words], { cwd: folder, env, encoding: "utf8", stdio: "pipe" }).replace(
      /\n$/,
      "",
    );
  git("init", "-q", "-b", "main");
  return {
    folder,
    git,
    async commit(files) {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
      }
      git("add", "-A");
      git("commit", "-q", "--allow-empty", "-m", "files");
    },
  };
}
