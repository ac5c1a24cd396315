import { resolve } from "node:path";
import { hasErrors, type MeshCluster, type Problem, say, usage } from "@isthmus/core";
import type { SecretOutcome } from "@isthmus/engine";
import { exitCodes } from "../exit.ts";
import type { PassphraseOptions } from "../passphrase.ts";
import { renderOutcomes } from "../render/certificates.ts";
import type { Session } from "../session.ts";
import { type CaWork, clusterNamed, withCa } from "../withCa.ts";

export interface CaIssueOptions extends PassphraseOptions {
  readonly all?: boolean;
  readonly external?: boolean;
  readonly out?: string;
  readonly force?: boolean;
  readonly adopt?: boolean;
  readonly replaceRoot?: boolean;
}

/**
 * Makes intermediates, or external certificates, and writes them to the clusters or to files. What is good for long is left
 * as it is. A cluster that fails keeps the others from nothing.
 */
export async function caIssue(session: Session, names: readonly string[], options: CaIssueOptions): Promise<number> {
  return withCa(session, options, async (work) => {
    const clusters = chosenClusters(names, options, work);
    return options.out === undefined
      ? issueToClusters(session, clusters, options, work)
      : issueToFiles(session, clusters, options.out, work);
  });
}

async function issueToClusters(
  session: Session,
  clusters: readonly MeshCluster[],
  options: CaIssueOptions,
  { ca, functions }: CaWork,
): Promise<number> {
  const outcomes: SecretOutcome[] = [];
  const problems: Problem[] = [];
  let found = 0;
  for await (const { outcome, problem } of functions.issueCertificates(ca, clusters, {
    external: options.external === true,
    force: options.force === true,
    adopt: options.adopt === true,
    replaceRoot: options.replaceRoot === true,
  })) {
    found += 1;
    if (outcome !== undefined) outcomes.push(outcome);
    if (outcome !== undefined && outcome.action !== "kept")
      session.note(`${outcome.cluster}: Secret ${outcome.secret} ${outcome.action}\n`);
    if (problem !== undefined) problems.push(problem);
  }
  if (found === 0) session.note("Nothing to issue: no ExternalAccess there has credential: {issue: {}}.\n");
  if (session.format !== undefined) session.printData("Certificates", { certificates: outcomes, problems });
  else if (outcomes.length > 0) session.print(renderOutcomes(outcomes, session.out));
  session.report(problems);
  return hasErrors(problems) ? exitCodes.failed : exitCodes.ok;
}

async function issueToFiles(
  session: Session,
  clusters: readonly MeshCluster[],
  out: string,
  { ca, functions }: CaWork,
): Promise<number> {
  const written: { readonly cluster: string; readonly folder: string }[] = [];
  for (const cluster of clusters) {
    const { name } = cluster.metadata;
    const folder = functions.inFolder({ name: out, path: resolve(session.io.cwd, out) }, name);
    await functions.writeSecretFiles(folder, { ...(await functions.makeCaCerts(ca, cluster)) });
    written.push({ cluster: name, folder: folder.name });
    session.note(`${name}: wrote ${folder.name}, mode 0600. Next: isthmus ca apply ${name} --from ${folder.name}\n`);
  }
  if (session.format !== undefined) session.printData("WrittenFiles", { written });
  return exitCodes.ok;
}

function chosenClusters(
  names: readonly string[],
  { all, external, out }: CaIssueOptions,
  { intents }: CaWork,
): readonly MeshCluster[] {
  if (external === true && out !== undefined) {
    throw usage(say`--external and --out exclude each other`, "isthmus ca issue-client writes files.");
  }
  if (names.length > 0 === (all === true)) throw usage(say`which clusters?`, "Give names of clusters, or --all.");
  return all === true ? intents.clusters : names.map((name) => clusterNamed(name, intents));
}
