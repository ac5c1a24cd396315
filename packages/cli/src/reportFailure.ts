import { MeshError, makeProblem, type Problem, say, usage } from "@isthmus/core";
import { CommanderError } from "commander";
import type { Io } from "./io.ts";
import { renderOutput } from "./render/data.ts";
import { fitLines } from "./render/fitLines.ts";
import { renderJunit } from "./render/junit.ts";
import { renderProblems } from "./render/problems.ts";
import { dataText } from "./render/terminalText.ts";
import { openTerminal } from "./terminal.ts";

/** Tells why a command could not do its work; in JSON or YAML as data as well. */
export function reportFailure(error: unknown, command: string, argv: readonly string[], io: Io): void {
  const problem = problemOf(error, command);
  const stderr = openTerminal(io.stderr, io, { color: !argv.includes("--no-color") });
  if (problem === undefined) {
    stderr.write(`isthmus failed in a way it should not: ${showError(error)}\n`);
    return;
  }
  stderr.write(fitLines(renderProblems([problem], stderr.style), io.stderr));
  const format = outputOf(argv);
  if (format === "json" || format === "yaml") {
    io.stdout.write(dataText(renderOutput("Problems", { problems: [problem] }, format)));
  } else if (format === "junit") io.stdout.write(problemsJunit(command, [problem]));
}

/** What a command in CI could not look at, as its results. */
export function problemsJunit(command: string, problems: readonly Problem[]): string {
  const cases = problems.map(({ code, at, message, hint }) => ({
    ...{ name: at === "" ? `isthmus ${command}` : at, classname: code },
    error: { type: code, text: [message, hint].filter((line) => line !== "").join("\n") },
  }));
  return renderJunit(`isthmus ${command}`, [{ name: "problems", cases }]);
}

function problemOf(error: unknown, command: string): Problem | undefined {
  if (error instanceof MeshError) return error.problem;
  if (error instanceof CommanderError) return usageProblem(error, command);
  if (error instanceof Error && error.name === "TimeoutError") {
    return makeProblem({
      code: "TIMED_OUT",
      at: {},
      message: say`the time that --timeout gives is over`,
      hint: "What was written so far is complete in itself; the same command again goes on from there.",
    });
  }
  return undefined;
}

// Commander's own text: "error: unknown option '--prun'\n(Did you mean --prune?)"
function usageProblem(error: CommanderError, command: string): Problem {
  const [first = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const suggestion = rest.join(" ").replace(/^\((.*)\)$/, "$1");
  const help = `isthmus ${command === "" ? "" : `${command} `}--help`;
  return usage(say`${{ reason: first }}`, suggestion === "" ? `See ${help}` : `${suggestion} See ${help}`).problem;
}

function showError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Of several the last counts, as commander has it. */
function outputOf(argv: readonly string[]): string | undefined {
  const given = argv.flatMap((argument, index) => {
    const isAlone = argument === "-o" || argument === "--output";
    return (isAlone ? argv[index + 1] : /^(?:--output=|-o)(.+)$/s.exec(argument)?.[1]) ?? [];
  });
  return given.at(-1);
}
