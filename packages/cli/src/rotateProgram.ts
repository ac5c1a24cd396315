import { type Command, Option } from "commander";
import { parseDuration } from "./duration.ts";
import type { Session } from "./session.ts";

/** `isthmus ca rotate …` */
export function addRotateCommands(
  ca: Command,
  session: (command: Command) => Promise<Session>,
  finish: (code: number) => void,
  withPassphrase: (command: Command) => Command,
): void {
  const rotate = ca.command("rotate").description("renew intermediates or change the root, without an outage");
  const withWaiting = (command: Command) =>
    withPassphrase(command)
      .option("--status", "only tell where it stands")
      .option("--no-wait", "stop where waiting begins; the same command goes on from there")
      .option("--adopt", "take over a Secret cacerts that is not ours")
      .addOption(
        new Option("--mount-delay <duration>", "how long kubelets take to update mounted files")
          .argParser(parseDuration)
          .default(120_000, "2m"),
      )
      .option("-y, --yes", "do not ask");

  withWaiting(rotate.command("root").description("lead all clusters to the root of spec.ca.signer: old, both, new"))
    .option("--abort", "go back to the root that the clusters had before")
    .option("--signer <file>", "with --abort: the key file of that root")
    .option("--root <file>", "the new root's certificate, where spec.ca.signer is not a key file")
    .action(async (options, command: Command) => {
      const { caRotateRoot } = await import("./commands/caRotateRoot.ts");
      finish(await caRotateRoot(await session(command), options));
    });
  withWaiting(
    rotate.command("intermediates").description("renew what clusters sign with, where two thirds of its life are over"),
  )
    .option("--all", "also what is good for long")
    .action(async (options, command: Command) => {
      const { caRotateIntermediates } = await import("./commands/caRotateIntermediates.ts");
      finish(await caRotateIntermediates(await session(command), options));
    });
}
