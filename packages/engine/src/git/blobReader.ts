import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { GitError, type GitOptions, gitEnvironment } from "./runGit.ts";

/** What one process of git has by its ids, as it is kept: no attribute of the repository changes it. */
export class BlobReader {
  readonly #git: ChildProcessByStdio<Writable, Readable, null>;
  readonly #output: AsyncIterator<Buffer>;
  readonly #signal: AbortSignal;
  #rest: Buffer = Buffer.alloc(0);

  constructor({ cwd, signal }: GitOptions) {
    this.#signal = signal;
    this.#git = spawn("git", ["cat-file", "--batch"], {
      cwd,
      signal,
      env: gitEnvironment(),
      stdio: ["pipe", "pipe", "ignore"],
    });
    // Its output ends then, which is what the reader is told.
    this.#git.on("error", () => {});
    this.#git.stdin.on("error", () => {});
    this.#output = this.#git.stdout[Symbol.asyncIterator]();
  }

  /** One at a time, and each to its end. Throws a `GitError`, and the signal's reason. */
  async *read(id: string): AsyncGenerator<Buffer> {
    this.#git.stdin.write(`${id}\n`);
    let left = await this.#size(id);
    while (left > 0) {
      if (this.#rest.length === 0) await this.#more();
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
    await this.#line();
  }

  close(): void {
    this.#git.kill();
  }

  async #size(id: string): Promise<number> {
    const line = await this.#line();
    const [, size] = /^[0-9a-f]+ blob (\d+)$/.exec(line) ?? [];
    if (size === undefined) throw new GitError(`this clone does not have ${id}`);
    return Number(size);
  }

  async #line(): Promise<string> {
    let end = this.#rest.indexOf("\n");
    while (end < 0) {
      await this.#more();
      end = this.#rest.indexOf("\n");
    }
    const line = this.#rest.subarray(0, end).toString();
    this.#rest = this.#rest.subarray(end + 1);
    return line;
  }

  async #more(): Promise<void> {
    const next = await this.#output.next();
    this.#signal.throwIfAborted();
    if (next.done === true) throw new GitError("git ended before it gave out a file");
    this.#rest = Buffer.concat([this.#rest, next.value]);
  }
}
