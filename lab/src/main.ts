import { commands, usage } from "./commands.ts";
import { LabError } from "./labError.ts";

async function main([name = "", ...args]: readonly string[]): Promise<number> {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    process.stderr.write(usage);
    return name === "help" || name === "--help" ? 0 : 2;
  }
  try {
    return await command(args, { write: (text) => process.stdout.write(text) });
  } catch (error) {
    if (!(error instanceof LabError) && !isUsageError(error)) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? `\n  because: ${error.cause.message}` : "";
    process.stderr.write(`${(error as Error).message}${cause}\n`);
    return 1;
  }
}

function isUsageError(error: unknown): boolean {
  return String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS");
}

process.exitCode = await main(process.argv.slice(2));
