import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import {
  at,
  type Intent,
  type Intents,
  type MeshCluster,
  MeshError,
  makeProblem,
  type Problem,
  type Sources,
  say,
} from "@isthmus/core";
import type { KubeClient } from "@isthmus/kube";
import type { Revision } from "../git/revision.ts";
import { realOf } from "../realOf.ts";
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
  /**
   * Lets kubeconfigs that declarations name run credential plugins, and read files outside of their folders; and directories that
   * they name lie elsewhere than below `cwd` or the file that declares them.
   */
  readonly trustAccess?: boolean;
  /** Reads kubeconfigs from Secrets of a management cluster: the text, or a `MeshError`. Without it there is none to read them from. */
  readonly readSecret?: (ref: SecretKey) => Promise<string>;
  /** Directories may also be dumps of a cluster, to be read only; `complete`: what they do not hold does not exist. */
  readonly dumps?: {
    readonly complete: boolean;
    readonly stdin: AsyncIterable<Uint8Array | string>;
    /** Read in place of the directory that is named. */
    readonly revision?: Revision | undefined;
  };
}

/** One entry of a Secret's data. */
export interface SecretKey {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
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
        const path = declaredPath(directory, declared, options);
        if (options.dumps !== undefined) {
          const { complete, stdin, revision } = options.dumps;
          // Its libraries are for those alone who look at dumps.
          const { DumpTarget } = await import("./dump/dumpTarget.ts");
          const shown = revision === undefined && directory !== "-" ? path : directory;
          return [
            cluster,
            new DumpTarget({ cluster, path: shown, istioNamespace, isComplete: complete, stdin, revision }),
          ];
        }
        const isElsewhere = options.trustAccess !== true && (await leadsOut(path, declared, options));
        return [
          cluster,
          isElsewhere
            ? new BrokenTarget(cluster, elsewhere(declared, path))
            : new DirectoryTarget({ cluster, directory: path, istioNamespace }),
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

/**
 * Whether a directory is neither below the working directory nor below the folder of the file that declares it. Declarations may come
 * with a pull request: what they name is read, shown in a plan, and written.
 */
async function leadsOut(path: string, declared: Intent, options: OpenTargetsOptions): Promise<boolean> {
  const { sources, cwd = process.cwd() } = options;
  const folders = [cwd, dirname(resolve(cwd, sources?.fileOf(declared) ?? ""))];
  const [to = "", ...roots] = await Promise.all([resolve(cwd, path), ...folders].map(realOf));
  return roots.every((root) => relative(root, to).split(sep)[0] === ".." || isAbsolute(relative(root, to)));
}

function elsewhere(declared: MeshCluster, path: string): Problem {
  const cluster = declared.metadata.name;
  return makeProblem({
    code: "DIRECTORY_INVALID",
    at: at(declared, "spec", "access", "directory"),
    message: say`cluster ${{ cluster }}: ${{ directory: path }} is outside the folder of the declarations`,
    hint: "if you trust the declarations: --trust-access; or work in a folder that holds both",
  });
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
  const secretRef = kubeconfig?.secretRef;
  if (secretRef !== undefined && options.readSecret === undefined) {
    throw new MeshError({
      code: "NOT_YET",
      at: at(declared, "spec", "access", "kubeconfig", "secretRef"),
      message: say`cluster ${{ cluster }}: only the controller reads kubeconfigs from Secrets`,
      hint: "Name a file: access.kubeconfig.path.",
    });
  }
  // Whoever has only directories need not wait for an API client to be loaded.
  const { connect } = await import("@isthmus/kube");
  if (secretRef !== undefined && options.readSecret !== undefined) {
    const { namespace, name, key } = secretRef;
    return connect({
      given: { name: `Secret ${namespace}/${name} ${key}`, text: await options.readSecret(secretRef) },
      cluster,
    });
  }
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
