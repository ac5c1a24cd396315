import { type Command, CommanderError } from "commander";
import { exitCodes, failureCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { buildProgram } from "./program.ts";

/** Runs one command line (without node and script) and gives the exit code of the process. Never throws. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let code: number = exitCodes.ok;
  const program = buildProgram(io, (result) => {
    code = result;
  });
  if (argv.length === 0) {
    io.stderr.write(program.helpInformation());
    return exitCodes.failed;
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
    return io.signal.aborted ? exitCodes.interrupted : code;
  } catch (error) {
    if (io.signal.aborted) return exitCodes.interrupted;
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
    const command = commandIn(argv, program);
    const { reportFailure } = await import("./reportFailure.ts");
    reportFailure(error, command, argv, io);
    return failureCode(command);
  }
}

/** `plan`, or `ca status` where a command has commands of its own. */
function commandIn(argv: readonly string[], program: Command): string {
  const name = argv.find((argument) => program.commands.some((known) => known.name() === argument));
  const called = program.commands.find((known) => known.name() === name);
  if (called === undefined) return "";
  return `${called.name()} ${called.commands.length === 0 ? "" : commandIn(argv, called)}`.trim();
}
