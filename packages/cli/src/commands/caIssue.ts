import { resolve } from "node:path";
import { hasErrors, type MeshCluster, MeshError, makeProblem, type Problem, say } from "@isthmus/core";
import type { SecretOutcome } from "@isthmus/engine";
import { exitCodes } from "../exit.ts";
import type { PassphraseOptions } from "../passphrase.ts";
import { renderOutcomes } from "../render/certificates.ts";
import type { Session } from "../session.ts";
import { usage } from "../usage.ts";
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
  const choice = {
    force: options.force === true,
    adopt: options.adopt === true,
    replaceRoot: options.replaceRoot === true,
  };
  const tasks = clusters.flatMap((cluster) =>
    options.external === true
      ? functions.accessesOf(ca, cluster).map((access) => () => functions.issueForAccess(ca, access, cluster, choice))
      : [() => functions.issueForCluster(ca, cluster, choice)],
  );
  if (tasks.length === 0) session.note("Nothing to issue: no ExternalAccess there has credential: {issue: {}}.\n");
  const outcomes: SecretOutcome[] = [];
  const problems: Problem[] = [];
  for (const task of tasks) {
    try {
      const outcome = await task();
      outcomes.push(outcome);
      if (outcome.action !== "kept") session.note(`${outcome.cluster}: Secret ${outcome.secret} ${outcome.action}\n`);
      if (outcome.restart && options.external !== true) problems.push(restartNeeded(outcome));
    } catch (error) {
      // Without a signer there is nothing to hope for from the next cluster.
      if (!(error instanceof MeshError) || isOfTheCa(error)) throw error;
      problems.push(error.problem);
    }
  }
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

function isOfTheCa({ code }: MeshError): boolean {
  return code.startsWith("CA_") && code !== "CA_ROOT_CHANGES";
}

export function restartNeeded({ cluster, secret }: SecretOutcome): Problem {
  return makeProblem({
    code: "ISTIOD_RESTART_NEEDED",
    at: { cluster: cluster, kind: "Secret", name: secret },
    message: say`istiod does not use the certificate yet: it watches its files only if it started with them`,
    hint: `kubectl rollout restart deployment/istiod -n ${secret.split("/", 1)[0]}, then the workloads`,
  });
}
