import { dirname, resolve } from "node:path";
import type { MeshCluster } from "@isthmus/core";
import type { PlannedMesh } from "./planMesh.ts";
import { writeSavedPlan } from "./savedPlanFile.ts";

/**
 * Saves a plan with its declarations, so that it can be applied from anywhere: paths in them that are relative, to the file
 * that declares or to `cwd`, are saved as absolute ones. Throws WRITE_FAILED.
 */
export async function savePlan(
  { plan, intents, sources }: Pick<PlannedMesh, "plan" | "intents" | "sources">,
  file: string,
  { cwd }: { readonly cwd: string },
): Promise<void> {
  const clusters = intents.clusters.map((cluster) => {
    const folder = resolve(cwd, dirname(sources?.fileOf(cluster) ?? ""));
    return { ...cluster, spec: { ...cluster.spec, access: withAbsolutePaths(cluster.spec.access, folder) } };
  });
  await writeSavedPlan(resolve(cwd, file), { plan, intents: { ...intents, clusters } });
}

type Access = MeshCluster["spec"]["access"];

function withAbsolutePaths(access: Access, folder: string): Access {
  const { directory, kubeconfig } = access;
  return {
    ...access,
    ...(directory === undefined ? {} : { directory: resolve(folder, directory) }),
    ...(kubeconfig?.path === undefined
      ? {}
      : { kubeconfig: { ...kubeconfig, path: resolve(folder, kubeconfig.path) } }),
  };
}
