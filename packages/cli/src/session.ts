import { MeshError, type Problem } from "@isthmus/core";
import type { OutputKind } from "@isthmus/core/outputs";
import type { OpenTargetsOptions } from "@isthmus/engine";
import type { Io } from "./io.ts";
import { type DataFormat, renderData, renderOutput } from "./render/data.ts";
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
  readonly out: Style;
  readonly err: Style;
  /** Aborted by Ctrl-C or once `--timeout` is over. */
  readonly signal: AbortSignal;
  /** To stdout. */
  print(text: string): void;
  /** To stderr. */
  note(text: string): void;
  /** To stdout, in the chosen format: what docs/schema has a schema for. */
  printData(kind: OutputKind, value: object): void;
  /** To stdout, in the chosen format: manifests and values, which have schemas of their own. */
  printManifests(value: unknown): void;
  /** To stderr. */
  report(problems: readonly Problem[]): void;
}

export function openSession(io: Io, command: string, options: GlobalOptions): Session {
  const format = dataFormat(options.output, command);
  const [stdout, stderr] = [openTerminal(io.stdout, io, options), openTerminal(io.stderr, io, options)];
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
    out: stdout.style,
    err: stderr.style,
    signal: options.timeout === undefined ? io.signal : limited(io.signal, options.timeout),
    print: stdout.write,
    note: stderr.write,
    printData: (kind, value) => void io.stdout.write(dataText(renderOutput(kind, value, format ?? "yaml"))),
    printManifests: (value) => void io.stdout.write(dataText(renderData(value, format ?? "yaml"))),
    report: (problems) => stderr.write(renderProblems(problems, stderr.style)),
  };
}

/** Not by AbortSignal.timeout, which Node 20 may collect as garbage before it comes (nodejs/node#54614). */
function limited(signal: AbortSignal, milliseconds: number): AbortSignal {
  const over = new AbortController();
  const reason = new DOMException("The operation was aborted due to timeout", "TimeoutError");
  setTimeout(() => over.abort(reason), milliseconds).unref();
  return AbortSignal.any([signal, over.signal]);
}

function dataFormat(output: string | undefined, command: string): DataFormat | undefined {
  if (output === undefined || output === "table") return undefined;
  if (output === "json" || output === "yaml") return output;
  throw new MeshError({
    code: "USAGE",
    at: {},
    message: `--output ${output} is not one of table, yaml, json`,
    hint: command === "plan" ? `to save the plan: --out ${output}` : "",
  });
}
