import { hasErrors, isPartial, type Problem, shellWord } from "@isthmus/core";
import { type PlanOptions, planLosses, writesOf } from "@isthmus/core/plan";
import { type IntentFiles, narrowMesh, planEffects, planMesh, savePlan } from "@isthmus/engine";
import { exitCodes } from "../exit.ts";
import { readDeclarations } from "../readDeclarations.ts";
import { renderPlan } from "../render/plan.ts";
import { planData } from "../render/planData.ts";
import { type ScopeOptions, scopeWords } from "../scopeOptions.ts";
import type { Session } from "../session.ts";
import { withMesh } from "../withMesh.ts";

export interface PlanCommandOptions extends Partial<PlanOptions>, ScopeOptions {
  readonly services?: readonly string[];
  readonly out?: string;
  readonly detailedExitcode?: boolean;
  /** Told what was found, before anything is saved. */
  readonly onPlanned?: (problems: readonly Problem[]) => void;
}

/** Shows what an apply would do, and saves it where told. */
export async function plan(
  session: Session,
  services: readonly string[],
  options: PlanCommandOptions,
): Promise<number> {
  return planDeclared(session, await readDeclarations(session), { ...options, services });
}

export function planDeclared(
  session: Session,
  declarations: IntentFiles,
  options: PlanCommandOptions,
): Promise<number> {
  return withMesh(session, declarations, async (declared) => {
    const whole = await planMesh(declared, { ...options, ...session.reading });
    const planned = narrowMesh(whole, scopeWords(options.services ?? [], options));
    const losses = planLosses(planned.intents, planned.plan, planned.observed);
    const mesh = { ...planned, effects: planEffects(planned), losses };
    const isSaved = options.out !== undefined && !hasErrors(mesh.problems);
    // First: where that fails there is one answer, not a plan and a problem.
    if (options.out !== undefined && isSaved) await savePlan(mesh, options.out, session.ways);
    if (session.ownFormat === "junit") {
      const { renderJunit } = await import("../render/junit.ts");
      const { planSuites } = await import("../render/planSuites.ts");
      session.print(renderJunit("isthmus plan", planSuites(mesh)));
    } else if (session.format === undefined) {
      session.print(renderPlan(mesh, session.out, { unchanged: session.options.verbose === true }));
    } else {
      session.printData("Plan", planData(mesh));
    }
    if (mesh.paths.length === 0 && mesh.held.size === 0) session.note("No path is declared.\n");
    session.report(mesh.problems);
    options.onPlanned?.(mesh.problems);
    if (hasErrors(mesh.problems)) return exitCodes.failed;
    if (isSaved && options.out !== undefined) session.note(`\nSaved. Next: isthmus apply ${shellWord(options.out)}\n`);
    // Where something could not be seen, nobody should read "no changes" from the exit code.
    if (isPartial(mesh.problems)) return exitCodes.failed;
    return options.detailedExitcode === true && writesOf(mesh.plan) > 0 ? exitCodes.changes : exitCodes.ok;
  });
}
