import { hasErrors, type Plan, type PlanOptions, type Problem } from "@isthmus/core";
import { planAlarm } from "@isthmus/engine";
import { confirm } from "../confirm.ts";
import { exitCodes } from "../exit.ts";
import { isInteractive } from "../io.ts";
import { isPartial } from "../isPartial.ts";
import { readDeclarations } from "../readDeclarations.ts";
import { renderOutcome } from "../render/outcome.ts";
import { renderPlan } from "../render/plan.ts";
import { planData, writesOf } from "../render/planData.ts";
import type { Session } from "../session.ts";
import { withEffects } from "../withEffects.ts";
import { withMesh } from "../withMesh.ts";
import { type SavedWork, withSavedPlan } from "../withSavedPlan.ts";
import { type Written, writePlan } from "../writePlan.ts";

export interface ApplyOptions extends Partial<PlanOptions> {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly allowMassDelete?: boolean;
  readonly allowBrokenPaths?: boolean;
}

/** What is to be written, whether just planned or saved before. */
interface Work extends SavedWork {
  /** Set where so much is deleted, or a path that works would break, that it may be a mistake. */
  readonly alarm: Problem | undefined;
}

/** Makes the clusters as declared: plans, shows, asks, writes. Nothing at all is written while there is an error. */
export async function apply(session: Session, saved: string | undefined, options: ApplyOptions): Promise<number> {
  const allowed = {
    allowMassDelete: options.allowMassDelete === true,
    allowBrokenPaths: options.allowBrokenPaths === true,
  };
  const work = (found: SavedWork) => {
    const mesh = withEffects(found);
    return carryOut(session, { ...mesh, alarm: planAlarm(mesh, allowed) }, options);
  };
  if (saved !== undefined) return withSavedPlan(session, { file: saved, adopt: options.adopt === true }, work);
  return withMesh(session, await readDeclarations(session), options, work);
}

async function carryOut(session: Session, work: Work, options: ApplyOptions): Promise<number> {
  const { plan, alarm, problems } = work;
  const finish = (text: string, written: readonly Written[], isDone: boolean): number => {
    if (session.format === undefined) session.print(text);
    else session.printData({ ...planData(work), written });
    return isDone ? exitCodes.ok : exitCodes.failed;
  };

  session.note(renderPlan(work, session.err));
  session.report(alarm === undefined ? problems : [...problems, alarm]);
  const asks = options.yes !== true && options.dryRun !== true;
  if (hasErrors(problems) || (alarm !== undefined && !(asks && isInteractive(session.io)))) {
    return finish("Nothing was applied.\n", [], false);
  }
  // What cannot be read or reached now is still to be done.
  const isDelayed = isPartial(problems);
  if (writesOf(plan) === 0) {
    return finish(
      isDelayed ? "Nothing can be done now.\n" : "Nothing to do: the clusters are as declared.\n",
      [],
      !isDelayed,
    );
  }
  if (asks) {
    const answer = await confirm(session, questionFor(plan, alarm));
    if (answer === "cancelled") return exitCodes.interrupted;
    if (answer === "no") return finish("Nothing was applied.\n", [], false);
  }
  const start = performance.now();
  const written = await writePlan(session, plan, work.targets, { dryRun: options.dryRun === true });
  const elapsed = performance.now() - start;
  session.report(written.flatMap(({ result, problem }) => (result === "failed" && problem ? [problem] : [])));
  const isDone = written.every(({ result }) => result === "done");
  return finish(renderOutcome(written, { elapsed, ...options }, session.out), written, isDone && !isDelayed);
}

function questionFor(plan: Plan, alarm: Problem | undefined): string {
  const count = writesOf(plan);
  const clusters = new Set(plan.actions.filter(({ verb }) => verb !== "noop").map(({ cluster }) => cluster)).size;
  const what = `${count} change${count === 1 ? "" : "s"} to ${clusters} cluster${clusters === 1 ? "" : "s"}`;
  return alarm === undefined ? `Apply ${what}?` : `${alarm.message}. Apply ${what} all the same?`;
}
