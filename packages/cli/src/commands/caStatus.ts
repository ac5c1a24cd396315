import { MeshError, type Problem } from "@isthmus/core";
import type { ClusterCaStatus } from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { renderCaStatus } from "../render/certificates.ts";
import type { Session } from "../session.ts";
import { withCa } from "../withCa.ts";

/** What clusters trust and how old their certificates are: 0 fine, 1 something to do, also where a cluster cannot be read; 2 where none can. */
export async function caStatus(session: Session): Promise<number> {
  return withCa(session, {}, async ({ ca, functions, intents }) => {
    const live = intents.clusters.filter(({ spec }) => spec.access.directory === undefined);
    const read = await Promise.all(
      live.map(async (cluster): Promise<ClusterCaStatus | Problem> => {
        try {
          return await functions.caStatus(ca, cluster);
        } catch (error) {
          if (error instanceof MeshError) return error.problem;
          throw error;
        }
      }),
    );
    const clusters = read.flatMap((each) => ("code" in each ? [] : [each]));
    const problems = [
      ...read.flatMap((each) => ("code" in each ? [each] : each.problems)),
      ...functions.differingRoots(clusters),
    ];
    if (session.format !== undefined) session.printData("CaStatus", { clusters, problems });
    else if (clusters.length > 0) session.print(renderCaStatus(clusters, session.out));
    session.report(problems);
    if (live.length === 0)
      session.note("No cluster has an API server to ask: manifests do not tell what is trusted.\n");
    if (clusters.length === 0) return failureCode("ca status");
    return problems.length === 0 ? exitCodes.ok : exitCodes.broken;
  });
}
