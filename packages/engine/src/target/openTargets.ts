import { dirname, isAbsolute, join, resolve } from "node:path";
import { at, type Intent, type Intents, type MeshCluster, MeshError, type Sources, say } from "@isthmus/core";
import type { KubeClient } from "@isthmus/kube";
import { BrokenTarget } from "./brokenTarget.ts";
import { DirectoryTarget } from "./directoryTarget.ts";
import type { Target } from "./target.ts";

export interface OpenTargetsOptions {
  /** The file that declares a cluster: relative paths are relative to it. Without it, to `cwd`. */
  readonly sources?: Pick<Sources, "fileOf"> | undefined;
  /** What `kubeconfig` and relative file names of `sources` are relative to; the process's working directory unless set. */
  readonly cwd?: string;
  /** For clusters that name no kubeconfig of their own; $KUBECONFIG or ~/.kube/config unless set. */
  readonly kubeconfig?: string;
  /** Lets kubeconfigs that declarations name run credential plugins, and read files outside of their folders. */
  readonly trustAccess?: boolean;
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
          new DirectoryTarget({ cluster, directory: declaredPath(directory, declared, options), istioNamespace }),
        ];
      }
      return [cluster, await openLive(declared, istioNamespace, options)];
    }),
  );
  return new Map(targets);
}

/** Has work done with a target for each declared cluster, and closes them. */
export async function withTargets<T>(
  intents: Pick<Intents, "mesh" | "clusters">,
  options: OpenTargetsOptions,
  work: (targets: ReadonlyMap<string, Target>) => Promise<T>,
): Promise<T> {
  const targets = await openTargets(intents, options);
  try {
    return await work(targets);
  } finally {
    await Promise.all([...targets.values()].map((target) => target.close()));
  }
}

async function openLive(declared: MeshCluster, istioNamespace: string, options: OpenTargetsOptions): Promise<Target> {
  const cluster = declared.metadata.name;
  try {
    const [client, { LiveTarget }] = await Promise.all([connectCluster(declared, options), import("./liveTarget.ts")]);
    return new LiveTarget({ cluster, client, istioNamespace });
  } catch (error) {
    if (error instanceof MeshError) return new BrokenTarget(cluster, error.problem);
    throw error;
  }
}

/**
 * A client for a declared cluster that has an API server; nothing is asked of it yet. Throws KUBECONFIG_INVALID, and NOT_YET
 * where only the controller knows the way.
 */
export async function connectCluster(declared: MeshCluster, options: OpenTargetsOptions): Promise<KubeClient> {
  const cluster = declared.metadata.name;
  const { context = cluster, kubeconfig } = declared.spec.access;
  if (kubeconfig?.secretRef !== undefined) {
    throw new MeshError({
      code: "NOT_YET",
      at: at(declared, "spec", "access", "kubeconfig", "secretRef"),
      message: say`cluster ${{ cluster }}: only the controller reads kubeconfigs from Secrets`,
      hint: "Name a file: access.kubeconfig.path.",
    });
  }
  // Whoever has only directories need not wait for an API client to be loaded.
  const { connect } = await import("@isthmus/kube");
  // A file of the cluster's own tells by its current context which cluster that is.
  const way =
    kubeconfig?.path !== undefined
      ? {
          kubeconfigPath: declaredPath(kubeconfig.path, declared, options),
          isTrusted: options.trustAccess === true,
        }
      : {
          context,
          ...(options.kubeconfig !== undefined && { kubeconfigPath: resolve(options.cwd ?? "", options.kubeconfig) }),
        };
  return connect({ ...way, cluster });
}

/** A path of a declaration, relative to its file. Shown as short as it was written: it appears in messages. */
export function declaredPath(
  path: string,
  declared: Intent,
  { sources, cwd = process.cwd() }: OpenTargetsOptions,
): string {
  if (isAbsolute(path)) return path;
  const relative = join(dirname(sources?.fileOf(declared) ?? ""), path);
  return cwd === process.cwd() ? relative : resolve(cwd, relative);
}
