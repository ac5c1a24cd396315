import { isPartial } from "@isthmus/core";
import { type ClusterVersions, meshVersions } from "@isthmus/engine";
import { exitCodes } from "../exit.ts";
import { readDeclarations } from "../readDeclarations.ts";
import { renderTable } from "../render/table.ts";
import type { Session } from "../session.ts";
import { version as client } from "../version.ts";
import { withMesh } from "../withMesh.ts";

/** The version of this program, and of Kubernetes and Istio in the declared clusters. */
export async function version(session: Session, options: { readonly client?: boolean }): Promise<number> {
  if (options.client === true) {
    print(session, []);
    return exitCodes.ok;
  }
  return withMesh(session, await readDeclarations(session), async (declared) => {
    const { clusters, problems } = await meshVersions(declared, session.reading);
    print(session, clusters);
    session.report(problems);
    return isPartial(problems) ? exitCodes.failed : exitCodes.ok;
  });
}

function print(session: Session, clusters: readonly ClusterVersions[]): void {
  if (session.format !== undefined) {
    session.printData("Version", { client, clusters });
    return;
  }
  session.print(`isthmus ${client}\n`);
  if (clusters.length === 0) return;
  const rows = clusters.map(({ name, kubernetes, istio }) => [name, kubernetes, istio.join("\n") || "-"]);
  session.print(`\n${renderTable(["CLUSTER", "KUBERNETES", "ISTIO"], rows, session.out)}`);
}
