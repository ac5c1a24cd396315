import { isPartial } from "@isthmus/core";
import { meshStatus, planMesh } from "@isthmus/engine";
import { exitCodes } from "../exit.ts";
import { readDeclarations } from "../readDeclarations.ts";
import { renderStatus } from "../render/status.ts";
import { type ScopeOptions, scopeWords } from "../scopeOptions.ts";
import type { Session } from "../session.ts";
import { withMesh } from "../withMesh.ts";

/** Clusters and shared services at a glance. */
export async function status(session: Session, services: readonly string[], options: ScopeOptions): Promise<number> {
  return withMesh(session, await readDeclarations(session), async (declared) => {
    const mesh = await planMesh(declared, session.reading);
    const report = meshStatus(mesh, scopeWords(services, options));
    if (session.format === undefined) session.print(renderStatus(report, session.out));
    else session.printData("Status", report);
    session.report(mesh.problems);
    // What could not be read is not fine, whatever the rest is.
    return isPartial(mesh.problems) ? exitCodes.failed : exitCodes.ok;
  });
}
