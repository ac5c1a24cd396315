import type { Readable, Writable } from "node:stream";

export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };
export type Input = Readable & { readonly isTTY?: boolean };

/** Everything of the process that a command may touch, so that a test can stand in for it. */
export interface Io {
  /** Data. */
  readonly stdout: Output;
  /** Progress, problems and prompts. */
  readonly stderr: Output;
  readonly stdin: Input;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Whether someone is there to answer a question. */
export function isInteractive(io: Io): boolean {
  return io.stdin.isTTY === true && io.stderr.isTTY === true;
}
