import { realpath } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { Readable } from "node:stream";
import type { CallToolResult } from "@modelcontextprotocol/server";
import { CollectedOutput } from "../collectedOutput.ts";
import type { Io } from "../io.ts";
import type { GlobalOptions } from "../session.ts";
import type { Tool } from "./tools.ts";

/** Runs one command line and gives its exit code. */
export type Run = (argv: readonly string[], io: Io) => Promise<number>;

interface CallContext {
  readonly io: Io;
  readonly options: GlobalOptions;
  /** Aborted where the assistant no longer wants to know. */
  readonly signal: AbortSignal;
  readonly run: Run;
}

/**
 * Runs a tool's command in this process, with the global options that we were started with, and gives what `-o json` prints. A command
 * that could not do its work is an error with its problems; a bad answer, such as a path that does not stand, is an answer.
 */
export async function callTool(
  { command, output }: Tool,
  input: object,
  { io, options, signal, run }: CallContext,
): Promise<CallToolResult> {
  const outside = await folderOutside(io.cwd, input);
  if (outside !== undefined)
    return failure(`${outside} leads out of the folder that Isthmus was started in, ${io.cwd}.`);
  const words = command(input as never);
  const [stdout, stderr] = [new CollectedOutput(), new CollectedOutput()];
  const format = output === undefined ? [] : ["--output=json"];
  await run([words.command, ...globalWords(options), ...format, ...words.options, "--", ...words.operands], {
    ...io,
    stdout,
    stderr,
    stdin: Readable.from([]),
    signal: AbortSignal.any([io.signal, signal]),
  });
  const told = stderr.text.trim() === "" ? [] : [text(stderr.text)];
  if (output === undefined) {
    return stdout.text === "" ? failure(stderr.text) : { content: [text(stdout.text), ...told] };
  }
  const data = dataOf(stdout.text);
  if (data?.kind !== output) return failure(stderr.text);
  return { content: [text(stdout.text), ...told], structuredContent: data };
}

function text(shown: string): { readonly type: "text"; readonly text: string } {
  return { type: "text", text: shown };
}

function failure(reason: string): CallToolResult {
  return { content: [text(reason)], isError: true };
}

function dataOf(printed: string): Record<string, unknown> | undefined {
  return printed === "" ? undefined : JSON.parse(printed);
}

/** The options of our own command line, for each command that we run. */
function globalWords({ filename, recursive, kubeconfig, trustAccess, verbose, timeout }: GlobalOptions): string[] {
  return [
    ...filename.map((path) => `--filename=${path}`),
    ...(recursive === true ? ["--recursive"] : []),
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(trustAccess === true ? ["--trust-access"] : []),
    ...(verbose === true ? ["--verbose"] : []),
    ...(timeout === undefined ? [] : [`--timeout=${timeout}ms`]),
    "--no-color",
  ];
}

/** The fields of tools that name files and folders. */
interface NamedPaths {
  readonly dir?: readonly string[];
  readonly files?: readonly string[];
  readonly before?: string;
  readonly after?: string;
}

/** What an assistant names may come from a page that it read: it sees files below our folder, and no others. */
async function folderOutside(cwd: string, input: object): Promise<string | undefined> {
  const { dir = [], files = [], before = [], after = [] } = input as NamedPaths;
  for (const written of [dir, files, before, after].flat()) {
    const path = resolve(cwd, written.replace(/^[^=/\\]*=/, ""));
    const real = await realpath(path).catch(() => path);
    const way = relative(await realpath(cwd), real);
    if (way === ".." || way.startsWith("../")) return written;
  }
  return undefined;
}
