import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

export interface ProgramRun {
  /** A signal's name where one ended it. */
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the start of its process to its end, but for what it waited for a CPU. */
  readonly milliseconds: number;
  /** The most that was resident at a time. */
  readonly megabytes: number;
}

const usage = fileURLToPath(new URL("tellUsage.cjs", import.meta.url));

/** Runs a built program as a process of its own, and measures it. */
export async function runProgram(
  program: string,
  argv: readonly string[],
  { cwd, limit }: { readonly cwd: string; readonly limit: number },
): Promise<ProgramRun> {
  const child = spawn(process.execPath, ["--require", usage, join(program, "isthmus.js"), ...argv], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, TMPDIR: process.env.TMPDIR },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    // What has no end is told by that, and not by a test that has none.
    timeout: limit,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, told, [code, signal]] = await Promise.all([
    text(child.stdout ?? Readable.from([])),
    text(child.stderr ?? Readable.from([])),
    text(child.stdio[3] as Readable),
    once(child, "exit"),
  ]);
  const { milliseconds = Number.POSITIVE_INFINITY, megabytes = Number.POSITIVE_INFINITY } =
    told === "" ? {} : JSON.parse(told);
  return { code: signal ?? code, stdout, stderr, milliseconds, megabytes };
}
