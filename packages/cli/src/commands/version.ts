import { isPartial } from "@isthmus/core";
import { meshStatus, planMesh } from "@isthmus/engine";
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
    const mesh = await planMesh(declared, { signal: session.signal });
    print(
      session,
      meshStatus(mesh).clusters.map(({ name, version: kubernetes = "-", istiodVersions: istio }) => ({
        name,
        kubernetes,
        istio,
      })),
    );
    const unread = mesh.problems.filter(({ severity }) => severity !== "warning" && severity !== "error");
    session.report(unread);
    return isPartial(unread) ? exitCodes.failed : exitCodes.ok;
  });
}

interface ClusterVersions {
  readonly name: string;
  readonly kubernetes: string;
  readonly istio: readonly string[];
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
