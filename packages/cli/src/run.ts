import { type Command, CommanderError } from "commander";
import { exitCodes, failureCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { buildProgram } from "./program.ts";

/** Runs one command line (without node and script) and gives the exit code of the process. Never throws. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let code: number = exitCodes.ok;
  const finish = (result: number) => {
    code = result;
  };
  const program = buildProgram(io, finish, run);
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
    // A command that only has commands of its own: its help is the answer, as a mistake.
    if (error instanceof CommanderError && error.code === "commander.help") {
      io.stderr.write(commandNamed(command, program).helpInformation());
      return failureCode(command);
    }
    const { reportFailure } = await import("./reportFailure.ts");
    reportFailure(error, command, argv, io);
    return failureCode(command);
  }
}

function commandNamed(path: string, program: Command): Command {
  return path
    .split(" ")
    .reduce((parent, name) => parent.commands.find((command) => command.name() === name) ?? parent, program);
}

/** `plan`, or `ca status` where a command has commands of its own. */
function commandIn(argv: readonly string[], program: Command): string {
  const name = argv.find((argument) => program.commands.some((known) => known.name() === argument));
  const called = program.commands.find((known) => known.name() === name);
  if (called === undefined) return "";
  return `${called.name()} ${called.commands.length === 0 ? "" : commandIn(argv, called)}`.trim();
}
