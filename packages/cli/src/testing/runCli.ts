import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { CollectedOutput } from "../collectedOutput.ts";
import type { Io } from "../io.ts";
import { run } from "../run.ts";
import { outputFaults } from "./outputFaults.ts";

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Io["env"];
  /** A terminal on all streams, on which these keys are typed one by one. */
  readonly keys?: readonly string[];
  /** What comes on standard input. */
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Of the streams; 80 unless set. */
  readonly columns?: number;
}

/** Runs a command line in this process, in `folder`, without a terminal unless keys are given. What `-o json` prints keeps to its schema. */
export function runCli(folder: string, argv: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  return startCli(folder, argv, options).ended;
}

export interface StartedCli {
  readonly ended: Promise<CliRun>;
  /** Waits for what is printed to stdout, all of it so far. */
  until(wanted: (stdout: string) => boolean): Promise<void>;
  /** The same of stderr. */
  untilTold(wanted: (stderr: string) => boolean): Promise<void>;
}

/** The same while it runs: `options.signal` ends it. */
export function startCli(folder: string, argv: readonly string[], options: CliOptions = {}): StartedCli {
  const isTTY = options.keys !== undefined;
  const shape = { isTTY, ...(options.columns === undefined ? {} : { columns: options.columns }) };
  const [stdout, stderr] = [new CollectedOutput(shape), new CollectedOutput(shape)];
  const io: Io = {
    stdout,
    stderr,
    stdin: Object.assign(Readable.from(options.keys === undefined ? [options.input ?? ""] : options.keys), {
      isTTY,
      setRawMode: () => {},
    }),
    env: { HOME: folder, ...options.env },
    cwd: folder,
    signal: options.signal ?? new AbortController().signal,
  };
  const ended = run(argv, io).then((code) => {
    // connect tells of the file that it would write.
    if (argv[0] !== "connect" && /(^| )(-o|--output)[ =]?json( |$)/.test(argv.join(" ")))
      expect(outputFaults(folder, stdout.text), argv.join(" ")).toEqual([]);
    return { code, stdout: stdout.text, stderr: stderr.text };
  });
  const untilIn = (output: CollectedOutput) => async (wanted: (text: string) => boolean) => {
    while (!wanted(output.text)) await new Promise((done) => output.once("text", done));
  };
  return { ended, until: untilIn(stdout), untilTold: untilIn(stderr) };
}

const examples = new URL("../../../../examples/", import.meta.url);

/** A new folder with a copy of an example; unless told, of sleep-httpbin: two directory clusters and one shared service. */
export async function exampleFolder(name = "sleep-httpbin"): Promise<string> {
  const folder = await emptyFolder();
  await cp(fileURLToPath(new URL(name, examples)), folder, { recursive: true });
  return folder;
}

/** A new folder, gone when the test is. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "isthmus-cli-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Every file below a folder with its text, by relative path. */
export async function filesIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = files.toSorted().map(async (file) => [relative(folder, file), await readFile(file, "utf8")] as const);
  return Object.fromEntries(await Promise.all(texts));
}
