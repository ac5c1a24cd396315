import { isPartial } from "@isthmus/core";
import { describeHost, planMesh } from "@isthmus/engine";
import { exitCodes } from "../exit.ts";
import { readDeclarations } from "../readDeclarations.ts";
import { renderDescription } from "../render/description.ts";
import type { Session } from "../session.ts";
import { withMesh } from "../withMesh.ts";

/** All about one host, or about what is declared by a name. */
export async function describe(session: Session, name: string): Promise<number> {
  return withMesh(session, await readDeclarations(session), async (declared) => {
    const mesh = await planMesh(declared, session.reading);
    const found = describeHost(mesh, name);
    if (session.format === undefined) session.print(renderDescription(found, session.out));
    else session.printData("Description", found);
    // Who may call from a cluster that was not read nobody knows.
    const unread = [...mesh.observed.unreachable].filter(([name]) => found.clusters.every((met) => met.name !== name));
    const told = [...found.problems, ...unread.map(([, problem]) => problem)];
    session.report(told);
    return isPartial(told) ? exitCodes.failed : exitCodes.ok;
  });
}
