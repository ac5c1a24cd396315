import { type Intents, type Plan, type PlanOptions, type Sources, withPositions } from "@isthmus/core";
import { type IntentFiles, type Prepared, preparePlan, type Target } from "@isthmus/engine";
import { failureCode } from "./exit.ts";
import { openDeclaredTargets } from "./openDeclaredTargets.ts";
import type { PlanView } from "./render/plan.ts";
import type { Session } from "./session.ts";

/** What is declared, what is there, and the plan between them. */
export interface MeshNow extends Prepared, PlanView {
  readonly intents: Intents;
  readonly sources: Sources;
  readonly plan: Plan;
  readonly targets: ReadonlyMap<string, Target>;
}

/**
 * Reads the clusters that are declared, plans, and has `work` done with that; its result is the exit code. `readAgain` does the
 * same with the clusters as they are by then. Where the declarations cannot be understood, they are reported and no cluster is
 * asked.
 */
export async function withMesh(
  session: Session,
  { intents, sources, problems }: IntentFiles,
  choice: Partial<PlanOptions>,
  work: (mesh: MeshNow, readAgain: () => Promise<MeshNow>) => Promise<number>,
): Promise<number> {
  if (intents === undefined) {
    session.report(problems);
    if (session.format !== undefined) session.printData({ problems });
    return failureCode(session.command);
  }
  const targets = await openDeclaredTargets(session, intents, sources);
  const read = async (): Promise<MeshNow> => {
    const prepared = await preparePlan(
      { intents, targets },
      { prune: choice.prune ?? true, adopt: choice.adopt ?? false, signal: session.signal },
    );
    return {
      ...prepared,
      problems: withPositions([...problems, ...prepared.problems], sources),
      paths: prepared.compiled.paths,
      held: prepared.compiled.held,
      intents,
      sources,
      targets,
    };
  };
  try {
    return await work(await read(), read);
  } finally {
    await Promise.all([...targets.values()].map((target) => target.close()));
  }
}
