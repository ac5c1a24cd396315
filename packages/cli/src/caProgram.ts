import { type Command, InvalidArgumentError, Option } from "commander";
import { collect } from "./collect.ts";
import { addRotateCommands } from "./rotateProgram.ts";
import type { Session } from "./session.ts";
import { withPassphrase } from "./withPassphrase.ts";

type OpenSession = (command: Command) => Promise<Session>;

/** `isthmus ca …`: each command is loaded when it runs. */
export function addCaCommands(program: Command, session: OpenSession, finish: (code: number) => void): void {
  const ca = program
    .command("ca")
    .description("the mesh's certificates: root, intermediates, clients and servers")
    .helpCommand("help [command]", "print help for a command");

  withPassphrase(
    ca
      .command("init")
      .description("make the mesh's root CA, in an encrypted key file")
      .option("--external", "the CA for clients and gateways at the edge instead")
      .addOption(new Option("--key <kind>", "its key").choices(["ecdsa", "rsa4096"]).default("ecdsa"))
      .option("--days <number>", "its life", parseDays, 3650),
  ).action(async (options, command: Command) => {
    const { caInit } = await import("./commands/caInit.ts");
    finish(await caInit(await session(command), options));
  });

  withPassphrase(
    ca
      .command("issue")
      .description("give clusters their intermediates; renews what is due and nothing else")
      .argument("[cluster...]", "names of clusters")
      .option("--all", "all declared clusters")
      .option("--external", "the certificates of ExternalAccess with credential: {issue: {}} instead")
      .option("--out <folder>", "write files of mode 0600, a folder for each cluster, and ask no cluster")
      .option("--force", "also what is good for long")
      .option("--adopt", "take over a Secret that is not ours")
      .option("--replace-root", "even where workloads trust another root now"),
  ).action(async (clusters: string[], options, command: Command) => {
    const { caIssue } = await import("./commands/caIssue.ts");
    finish(await caIssue(await session(command), clusters, options));
  });

  ca.command("apply")
    .description("put files that `issue --out` wrote into a cluster's Secret cacerts")
    .argument("<cluster>", "name of the cluster")
    .requiredOption("--from <folder>", "holds ca-cert.pem, ca-key.pem, root-cert.pem and cert-chain.pem")
    .option("--adopt", "take over a Secret that is not ours")
    .option("--replace-root", "even where workloads trust another root now")
    .action(async (cluster: string, options, command: Command) => {
      const { caApply } = await import("./commands/caApply.ts");
      finish(await caApply(await session(command), cluster, options));
    });

  ca.command("status")
    .description("roots and ages of certificates (exit code 0 fine, 1 something to do)")
    .action(async (_options: unknown, command: Command) => {
      const { caStatus } = await import("./commands/caStatus.ts");
      finish(await caStatus(await session(command)));
    });

  withPassphrase(
    ca
      .command("import")
      .description("take over a root CA from PEM files into an encrypted key file")
      .argument("[folder]", "holds ca-cert.pem, ca-key.pem and cert-chain.pem, as in Secret cacerts")
      .option("--cert <file>", "the CA's certificate")
      .option("--key <file>", "its private key, not encrypted")
      .option("--chain <file>", "the certificates above it, up to the root")
      .option("--external", "the CA for clients and gateways at the edge instead"),
  ).action(async (folder: string | undefined, options, command: Command) => {
    const { caImport } = await import("./commands/caImport.ts");
    finish(await caImport(await session(command), folder, options));
  });

  addRotateCommands(ca, session, finish, withPassphrase);

  ca.command("export-trust")
    .description("print the roots of the mesh as PEM")
    .option("--external", "the root that clients at the edge trust and come from instead")
    .option("--from-clusters", "the roots that the clusters publish")
    .option("--out <file>", "write a file instead")
    .action(async (options, command: Command) => {
      const { caExportTrust } = await import("./commands/caExportTrust.ts");
      finish(await caExportTrust(await session(command), options));
    });

  withPassphrase(
    ca
      .command("issue-client")
      .description("make a certificate for a client outside the mesh")
      .argument("<name>", "its common name")
      .requiredOption("--san <name>", "host name, IP address or URI that it goes by (repeat it)", collect)
      .option("--days <number>", "its life; spec.ca.external.days of the Mesh unless told", parseDays)
      .option("--out <folder>", "for tls.crt, tls.key and ca.crt; named after it unless told"),
  ).action(async (name: string, options, command: Command) => {
    const { caIssueClient } = await import("./commands/caIssueClient.ts");
    finish(await caIssueClient(await session(command), name, options));
  });
}

function parseDays(text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days > 0 && days <= 36_500) return days;
  throw new InvalidArgumentError("give a number of days from 1 to 36500.");
}
