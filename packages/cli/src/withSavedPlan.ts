import { resolve } from "node:path";
import { checkStale, meshClusterSchema, meshSchema, type SavedPlan } from "@isthmus/core";
import { observe, openTargets, readSavedPlan } from "@isthmus/engine";
import { exitCodes } from "./exit.ts";
import type { Session } from "./session.ts";
import type { MeshNow } from "./withMesh.ts";

export type SavedWork = Pick<MeshNow, "plan" | "observed" | "targets" | "problems" | "paths" | "held" | "effects">;

/**
 * Reads a saved plan and the clusters that it writes to, and has `work` done with that. Whatever moved since the plan was
 * made is a problem (PLAN_STALE), as is a cluster that cannot be read.
 */
export async function withSavedPlan(
  session: Session,
  file: string,
  work: (saved: SavedWork) => Promise<number>,
): Promise<number> {
  const { saved, problems: faults } = await readSavedPlan(resolve(session.io.cwd, file));
  if (saved === undefined) {
    session.report(faults);
    if (session.format !== undefined) session.printData({ problems: faults });
    return exitCodes.failed;
  }
  const { kubeconfig } = session.options;
  const targets = await openTargets(
    clustersOf(saved),
    kubeconfig === undefined ? {} : { kubeconfig: resolve(session.io.cwd, kubeconfig) },
  );
  try {
    const { observed, problems } = await observe(targets, { signal: session.signal });
    const { plan } = saved;
    return await work({
      plan,
      observed,
      targets,
      problems: [...problems, ...checkStale(plan, observed)],
      paths: [],
      held: new Map(),
    });
  } finally {
    await Promise.all([...targets.values()].map((target) => target.close()));
  }
}

function clustersOf({ clusters, istioNamespace }: SavedPlan) {
  const apiVersion = "isthmus.io/v1alpha1";
  return {
    mesh: meshSchema.parse({ apiVersion, kind: "Mesh", metadata: { name: "mesh" }, spec: { istioNamespace } }),
    clusters: [...clusters].map(([name, access]) =>
      meshClusterSchema.parse({ apiVersion, kind: "MeshCluster", metadata: { name }, spec: { access } }),
    ),
  };
}
