import { isPartial } from "@isthmus/core";
import { type PlanOptions, writesOf } from "@isthmus/core/plan";
import { narrowMesh, planMesh } from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { externalDiff } from "../externalDiff.ts";
import { readDeclarations } from "../readDeclarations.ts";
import { differences, renderDiff } from "../render/diff.ts";
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
    const { plan, observed, ...mesh } = narrowMesh(planned, scopeWords(services, options));
    const program = session.io.env.KUBECTL_EXTERNAL_DIFF ?? "";
    let code: number = writesOf(plan) > 0 ? exitCodes.different : exitCodes.ok;
    if (session.format !== undefined) session.printData("Plan", planData({ ...mesh, plan }));
    else if (program.trim() === "" || code === exitCodes.ok) {
      session.print(renderDiff(plan, liveObjects(observed), session.out));
    } else code = await externalDiff(session, program, differences(plan, liveObjects(observed)));
    session.report(mesh.problems);
    return isPartial(mesh.problems) ? failureCode("diff") : code;
  });
}
