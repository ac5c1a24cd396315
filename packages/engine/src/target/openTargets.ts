import { dirname, isAbsolute, join, resolve } from "node:path";
import { at, type Intents, type MeshCluster, MeshError, type Sources } from "@isthmus/core";
import { BrokenTarget } from "./brokenTarget.ts";
import { DirectoryTarget } from "./directoryTarget.ts";
import type { Target } from "./target.ts";

export interface OpenTargetsOptions {
  /** The file that declares a cluster: relative paths are relative to it. Without it, to `cwd`. */
  readonly sources?: Pick<Sources, "fileOf">;
  /** What relative file names of `sources` are relative to; the process's working directory unless told. */
  readonly cwd?: string;
  /** For clusters that name no kubeconfig of their own; $KUBECONFIG or ~/.kube/config unless told. */
  readonly kubeconfig?: string;
}

/**
 * A target for each declared cluster, by name. Nothing is asked of any cluster yet. Never throws: a cluster whose kubeconfig
 * or directory does not do has a target that says why (KUBECONFIG_INVALID …) as soon as it is observed.
 */
export async function openTargets(
  intents: Pick<Intents, "mesh" | "clusters">,
  options: OpenTargetsOptions = {},
): Promise<ReadonlyMap<string, Target>> {
  const { istioNamespace } = intents.mesh.spec;
  const targets = await Promise.all(
    intents.clusters.map(async (declared): Promise<readonly [string, Target]> => {
      const cluster = declared.metadata.name;
      const { directory } = declared.spec.access;
      if (directory !== undefined) {
        return [
          cluster,
          new DirectoryTarget({ cluster, directory: pathOf(directory, declared, options), istioNamespace }),
        ];
      }
      return [cluster, await openLive(declared, istioNamespace, options)];
    }),
  );
  return new Map(targets);
}

async function openLive(declared: MeshCluster, istioNamespace: string, options: OpenTargetsOptions): Promise<Target> {
  const cluster = declared.metadata.name;
  const { context = cluster, kubeconfig } = declared.spec.access;
  if (kubeconfig?.secretRef !== undefined) {
    return new BrokenTarget(cluster, {
      code: "NOT_YET",
      at: at(declared, "spec", "access", "kubeconfig", "secretRef"),
      message: `cluster ${cluster}: only the controller reads kubeconfigs from Secrets`,
      hint: "Name a file: access.kubeconfig.path.",
    });
  }
  // Whoever has only directories need not wait for an API client to be loaded.
  const [{ connect }, { LiveTarget }] = await Promise.all([import("@isthmus/kube"), import("./liveTarget.ts")]);
  // A file of the cluster's own tells by its current context which cluster that is.
  const way =
    kubeconfig?.path !== undefined
      ? { kubeconfigPath: pathOf(kubeconfig.path, declared, options) }
      : { context, ...(options.kubeconfig !== undefined && { kubeconfigPath: options.kubeconfig }) };
  try {
    return new LiveTarget({ cluster, client: await connect({ ...way, cluster }), istioNamespace });
  } catch (error) {
    if (error instanceof MeshError) return new BrokenTarget(cluster, error.problem);
    throw error;
  }
}

/** Shown as short as it was written: it appears in messages. */
function pathOf(path: string, declared: MeshCluster, { sources, cwd = process.cwd() }: OpenTargetsOptions): string {
  if (isAbsolute(path)) return path;
  const relative = join(dirname(sources?.fileOf(declared) ?? ""), path);
  return cwd === process.cwd() ? relative : resolve(cwd, relative);
}
