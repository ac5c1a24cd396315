import { type MeshCluster, MeshError, type Problem, say } from "@isthmus/core";
import { accessesOf, istiodRestart, secretPlace } from "./caStatus.ts";
import { type IssueChoice, issueForCluster, type SecretOutcome } from "./clusterCaCerts.ts";
import { issueForAccess } from "./external.ts";
import type { Ca } from "./openCa.ts";

export interface IssueOptions extends IssueChoice {
  /** The certificates of ExternalAccesses; else the clusters' intermediates. */
  readonly external: boolean;
}

/** What became of one Secret, with what is left to do for it; or why it was not written. */
export type IssueResult =
  | { readonly outcome: SecretOutcome; readonly problem?: Problem }
  | { readonly outcome?: undefined; readonly problem: Problem };

/**
 * Issues the certificates of clusters and writes them there, one after the other. A cluster that fails keeps the others from
 * nothing; what is wrong with the CA itself is thrown.
 */
export async function* issueCertificates(
  ca: Ca,
  clusters: readonly MeshCluster[],
  { external, ...choice }: IssueOptions,
): AsyncGenerator<IssueResult> {
  for (const cluster of clusters) {
    const tasks = external
      ? accessesOf(ca, cluster).map((access) => () => issueForAccess(ca, access, cluster, choice))
      : [() => issueForCluster(ca, cluster, choice)];
    for (const task of tasks) yield resultOf(task);
  }
}

async function resultOf(task: () => Promise<SecretOutcome>): Promise<IssueResult> {
  try {
    const outcome = await task();
    return outcome.restart ? { outcome, problem: restartNeeded(outcome) } : { outcome };
  } catch (error) {
    // Without a signer there is nothing to hope for from the next cluster.
    if (!(error instanceof MeshError) || isOfTheCa(error)) throw error;
    return { problem: error.problem };
  }
}

function isOfTheCa({ code }: MeshError): boolean {
  return code.startsWith("CA_") && code !== "CA_ROOT_CHANGES";
}

/** What is to be done once a cluster's intermediate is another and istiod does not watch its file. */
export function restartNeeded({ cluster, secret }: SecretOutcome): Problem {
  return istiodRestart(
    secretPlace(cluster, secret),
    say`istiod does not use the certificate yet: it watches its files only if it started with them`,
  );
}
