import { resolve } from "node:path";
import { checkStale, compile, type Plan, recheckPlan } from "@isthmus/core";
import { type ObserveResult, observe, openTargets, readSavedPlan, type Target } from "@isthmus/engine";
import { exitCodes } from "./exit.ts";
import type { Session } from "./session.ts";
import type { MeshNow } from "./withMesh.ts";

export type SavedWork = Pick<
  MeshNow,
  "plan" | "intents" | "compiled" | "observed" | "targets" | "problems" | "paths" | "held" | "effects"
>;

/**
 * Reads a saved plan and the clusters that it was made for, and has `work` done with that. Whatever moved since the plan was
 * made is a problem (PLAN_STALE), as is a cluster that it writes to and that cannot be read. What the file says of live objects
 * is not believed: whether they are ours, and what changes in them, is looked up (`recheckPlan`).
 */
export async function withSavedPlan(
  session: Session,
  { file, adopt }: { readonly file: string; readonly adopt: boolean },
  work: (saved: SavedWork) => Promise<number>,
): Promise<number> {
  const { saved, problems: faults } = await readSavedPlan(resolve(session.io.cwd, file));
  if (saved === undefined) {
    session.report(faults);
    if (session.format !== undefined) session.printData({ problems: faults });
    return exitCodes.failed;
  }
  const { kubeconfig } = session.options;
  const { plan: read, intents } = saved;
  const targets = await openTargets(
    intents,
    kubeconfig === undefined ? {} : { kubeconfig: resolve(session.io.cwd, kubeconfig) },
  );
  try {
    const { observed, problems } = await observeFor(read, targets, session.signal);
    const compiled = compile(intents, observed);
    const { plan, problems: untrue } = recheckPlan(read, observed, {
      adopt,
      addressPool: intents.mesh.spec.addressPool,
    });
    return await work({
      ...{ plan, intents, compiled, observed, targets },
      problems: [...problems, ...checkStale(read, observed), ...untrue],
      paths: compiled.paths,
      held: new Map(),
    });
  } finally {
    await Promise.all([...targets.values()].map((target) => target.close()));
  }
}

/** Clusters that the plan has nothing to do in are read for the sake of traces only: whether they can be is no matter here. */
async function observeFor(
  plan: Plan,
  targets: ReadonlyMap<string, Target>,
  signal: AbortSignal,
): Promise<ObserveResult> {
  const used = new Set(plan.actions.map(({ cluster }) => cluster));
  const some = (isUsed: boolean) =>
    observe(new Map([...targets].filter(([name]) => used.has(name) === isUsed)), { signal });
  const [written, others] = await Promise.all([some(true), some(false)]);
  return {
    observed: {
      clusters: new Map([...written.observed.clusters, ...others.observed.clusters]),
      unreachable: new Map([...written.observed.unreachable, ...others.observed.unreachable]),
    },
    problems: written.problems,
  };
}
