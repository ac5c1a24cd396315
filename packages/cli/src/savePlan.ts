import { dirname, resolve } from "node:path";
import type { MeshCluster } from "@isthmus/core";
import { writeSavedPlan } from "@isthmus/engine";
import type { Session } from "./session.ts";
import type { MeshNow } from "./withMesh.ts";

/** Saves a plan with its declarations, so that it can be applied from anywhere. Throws WRITE_FAILED. */
export async function savePlan(session: Session, mesh: MeshNow, file: string): Promise<void> {
  const { cwd } = session.io;
  const clusters = mesh.intents.clusters.map((cluster) => {
    const folder = resolve(cwd, dirname(mesh.sources.fileOf(cluster) ?? ""));
    return { ...cluster, spec: { ...cluster.spec, access: withAbsolutePaths(cluster.spec.access, folder) } };
  });
  const { plan, intents } = mesh;
  await writeSavedPlan(resolve(cwd, file), { plan, intents: { ...intents, clusters } });
  session.note(`\nSaved. Next: isthmus apply ${file}\n`);
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
