import { type Problem, say, usage } from "@isthmus/core";
import type { OutputKind } from "@isthmus/core/outputs";
import type { ObserveOptions, OpenTargetsOptions } from "@isthmus/engine";
import type { Io } from "./io.ts";
import { optimizeLater } from "./optimizeLater.ts";
import { type DataFormat, renderData, renderOutput } from "./render/data.ts";
import { fitLines } from "./render/fitLines.ts";
import { checkJsonPath } from "./render/jsonPath.ts";
import { renderProblems } from "./render/problems.ts";
import type { Style } from "./render/style.ts";
import { dataText } from "./render/terminalText.ts";
import { openTerminal } from "./terminal.ts";

/** The options that every command takes, as commander has parsed them. */
export interface GlobalOptions {
  readonly filename: readonly string[];
  readonly recursive?: boolean;
  readonly kubeconfig?: string;
  readonly trustAccess?: boolean;
  readonly output?: string;
  readonly color: boolean;
  readonly verbose?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
}

export type OwnFormat = "junit" | "tap" | "sarif" | "dot" | "mermaid" | "wide" | "name" | "csv" | "html" | "markdown";

/** One run of one command: where it reads, writes and stops. */
export interface Session {
  readonly io: Io;
  /** Its name: `plan`. */
  readonly command: string;
  readonly options: GlobalOptions;
  /** How clusters are reached. */
  readonly ways: OpenTargetsOptions & { readonly cwd: string };
  /** Undefined: for people. */
  readonly format: DataFormat | undefined;
  /** One that only this command has; `format` is then undefined. */
  readonly ownFormat: OwnFormat | undefined;
  readonly out: Style;
  readonly err: Style;
  /** Aborted by Ctrl-C or once `--timeout` is over. */
  readonly signal: AbortSignal;
  /** How long the reading of clusters may take, and who is told which of them are waited for. */
  readonly reading: ObserveOptions & { readonly signal: AbortSignal };
  /** To stdout. */
  print(text: string): void;
  /** To stderr. */
  note(text: string): void;
  /** To stdout, in the chosen format: what docs/schema has a schema for. */
  printData(kind: OutputKind, value: object): void;
  /** The same as text for `printText`. */
  dataOf(kind: OutputKind, value: object): string;
  /** To stdout: data as `dataOf` gives it, or what people read. */
  printText(text: string): void;
  /** To stdout, in the chosen format: manifests and values, which have schemas of their own. */
  printManifests(value: unknown): void;
  /** To stderr. */
  report(problems: readonly Problem[]): void;
}

export function openSession(io: Io, command: string, options: GlobalOptions): Session {
  optimizeLater();
  const { format, ownFormat } = chosenFormat(options.output, command);
  const [stdout, stderr] = [openTerminal(io.stdout, io, options), openTerminal(io.stderr, io, options)];
  const { timeout } = options;
  const signal = timeout === undefined ? io.signal : limited(io.signal, timeout);
  const dataOf: Session["dataOf"] = (kind, value) => dataText(renderOutput(kind, value, format ?? "yaml"));
  // A patch, a script and what a program reads stay as they are.
  const isFitted = ownFormat === undefined && command !== "diff" && command !== "completion";
  return {
    io,
    command,
    options,
    ways: {
      cwd: io.cwd,
      ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
      trustAccess: options.trustAccess === true,
    },
    format,
    ownFormat,
    out: stdout.style,
    err: stderr.style,
    signal,
    reading: {
      signal,
      onWaiting: waitingTeller((text) => stderr.write(stderr.style.faint(text)), io.stderr.isTTY === true),
      ...(timeout !== undefined && goesOn(command) ? { timeout: Math.min(longestRead, timeout / 2) } : {}),
    },
    print: isFitted ? (text) => stdout.write(fitLines(text, io.stdout)) : stdout.write,
    note: (text) => stderr.write(fitLines(text, io.stderr)),
    printData: (kind, value) => void io.stdout.write(dataOf(kind, value)),
    dataOf,
    printText:
      format === undefined
        ? (text) => stdout.write(isFitted ? fitLines(text, io.stdout) : text)
        : (text) => void io.stdout.write(text),
    printManifests: (value) => void io.stdout.write(dataText(renderData(value, format ?? "yaml"))),
    report: (problems) => stderr.write(fitLines(renderProblems(problems, stderr.style), io.stderr)),
  };
}

/** Milliseconds for each cluster. */
const longestRead = 60_000;

/** Whether a command has more to do with the clusters once they are read: it keeps half of the time for that. */
function goesOn(command: string): boolean {
  return ["apply", "check", "destroy", "doctor", "probe", "test", "verify"].includes(command);
}

/** Milliseconds after which a log that nobody watches gets a line. */
const longWait = 10_000;

/** Tells which clusters are waited for: a person at once, and a log when it takes long; again when there are others. */
function waitingTeller(tell: (text: string) => void, isWatched: boolean): NonNullable<ObserveOptions["onWaiting"]> {
  let told = "";
  return (clusters, milliseconds) => {
    const line = `Waiting for ${clusters.join(", ")} …\n`;
    if (line === told || (!isWatched && milliseconds < longWait)) return;
    told = line;
    tell(line);
  };
}

/** Not by AbortSignal.timeout, which Node 20 may collect as garbage before it comes (nodejs/node#54614). */
function limited(signal: AbortSignal, milliseconds: number): AbortSignal {
  const over = new AbortController();
  const reason = new DOMException(`no answer within the ${milliseconds / 1000} s that --timeout gives`, "TimeoutError");
  setTimeout(() => over.abort(reason), milliseconds).unref();
  return AbortSignal.any([signal, over.signal]);
}

/** Formats that are for people or for one purpose, by the commands that have them. */
const ownFormats: Readonly<Record<string, readonly OwnFormat[]>> = {
  plan: ["junit"],
  status: ["wide", "name", "junit"],
  verify: ["junit", "dot", "mermaid"],
  trace: ["dot", "mermaid"],
  paths: ["wide", "csv", "dot", "mermaid", "html"],
  "diff-paths": ["markdown", "junit"],
  check: ["junit"],
  test: ["junit", "tap", "sarif"],
  lint: ["junit", "sarif"],
  probe: ["junit"],
};

/** Throws USAGE. */
function chosenFormat(
  output: string | undefined,
  command: string,
): { readonly format?: DataFormat; readonly ownFormat?: OwnFormat } {
  if (output === undefined || output === "table") return {};
  if (output === "json" || output === "yaml") return { format: output };
  if (output.startsWith("jsonpath=")) {
    const template = output.slice("jsonpath=".length);
    checkJsonPath(template);
    return { format: `jsonpath=${template}` };
  }
  const ownFormat = ownFormats[command]?.find((each) => each === output);
  if (ownFormat !== undefined) return { ownFormat };
  const all = ["table", "yaml", "json", "jsonpath=TEMPLATE", ...(ownFormats[command] ?? [])];
  const hint = command === "plan" ? `to save the plan: --out ${output}` : "";
  throw usage(say`--output ${{ output }} is not one of ${{ formats: all.join(", ") }}`, hint);
}
