import { resolve } from "node:path";
import { readSavedPlan } from "@isthmus/engine";
import { exitCodes } from "../exit.ts";
import { renderPlan } from "../render/plan.ts";
import { planData } from "../render/planData.ts";
import type { Session } from "../session.ts";
import { notUnderstood } from "../withMesh.ts";

/** Shows a saved plan as its file has it; no cluster is asked. */
export async function show(session: Session, file: string): Promise<number> {
  const { saved, problems } = await readSavedPlan(resolve(session.ways.cwd, file));
  if (saved === undefined) return notUnderstood(session, problems);
  const view = { plan: saved.plan, paths: [], held: new Map<string, string>() };
  if (session.format === undefined)
    session.print(renderPlan(view, session.out, { unchanged: session.options.verbose === true }));
  else session.printData("Plan", planData({ ...view, problems }));
  return exitCodes.ok;
}
