import { isPartial } from "@isthmus/core";
import { type PlanOptions, writesOf } from "@isthmus/core/plan";
import { narrowMesh, planMesh } from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { readDeclarations } from "../readDeclarations.ts";
import { renderDiff } from "../render/diff.ts";
import { liveObjects } from "../render/liveObjects.ts";
import { planData } from "../render/planData.ts";
import { type ScopeOptions, scopeWords } from "../scopeOptions.ts";
import type { Session } from "../session.ts";
import { withMesh } from "../withMesh.ts";

/** Shows only what differs between what is declared and what is there. */
export async function diff(
  session: Session,
  services: readonly string[],
  options: Partial<PlanOptions> & ScopeOptions,
): Promise<number> {
  return withMesh(session, await readDeclarations(session), async (declared) => {
    const planned = await planMesh(declared, { ...options, ...session.reading });
    const mesh = narrowMesh(planned, scopeWords(services, options));
    if (session.format === undefined) session.print(renderDiff(mesh.plan, liveObjects(mesh.observed), session.out));
    else session.printData("Plan", planData(mesh));
    session.report(mesh.problems);
    if (isPartial(mesh.problems)) return failureCode("diff");
    return writesOf(mesh.plan) > 0 ? exitCodes.different : exitCodes.ok;
  });
}
