import { execa } from "execa";
import { LabError } from "./labError.ts";

export interface RunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end and reports its exit code, whatever it is. A program that can't be started or takes too long counts as 124. */
export async function tryRun(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [program = "", ...rest] = argv;
  const result = await execa(program, rest, {
    reject: false,
    stripFinalNewline: false,
    timeout: options.timeoutMs ?? 120_000,
    ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
  });
  return {
    exitCode: result.exitCode ?? 124,
    stdout: result.stdout,
    stderr: result.exitCode === undefined ? `${result.stderr}${result.message}` : result.stderr,
  };
}

/** Runs a program that must succeed. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await tryRun(argv, options);
  if (result.exitCode !== 0) throw new LabError(`failed: ${argv.join(" ")}\n${result.stdout}${result.stderr}`.trim());
  return result.stdout;
}

export function inNamespace(namespace: string, argv: readonly string[]): string[] {
  return ["ip", "netns", "exec", namespace, ...argv];
}

export function asUser(user: number, argv: readonly string[]): string[] {
  return ["setpriv", "--reuid", `${user}`, "--regid", `${user}`, "--clear-groups", ...argv];
}
