import { type Command, InvalidArgumentError } from "commander";

/** Adds the options by which a command that opens a key file may get its passphrase. */
export function withPassphrase(command: Command): Command {
  return command
    .option("--passphrase-fd <number>", "read the passphrase from this file descriptor", parseDescriptor)
    .option("--passphrase-file <path>", "read it from this file, which only you may read");
}

function parseDescriptor(text: string): number {
  const descriptor = Number(text);
  if (/^\d+$/.test(text) && descriptor !== 1 && descriptor !== 2 && descriptor < 1024) return descriptor;
  throw new InvalidArgumentError("give the number of an open file descriptor, such as 3.");
}
