import { resolve } from "node:path";
import { clusterNames, type Intents, MeshError, meshClusterSchema, meshSchema, nearestName, say } from "@isthmus/core";
import { listContexts } from "@isthmus/kube";
import { readDeclarations } from "../readDeclarations.ts";
import type { Session } from "../session.ts";
import { usage } from "../usage.ts";
import type { Declarations } from "../withMesh.ts";

export interface ClusterChoice {
  /** Declared clusters; all unless told. */
  readonly cluster?: readonly string[];
  /** Contexts in place of what is declared. */
  readonly context?: readonly string[];
}

/**
 * What is declared, or contexts of the kubeconfig as clusters before anything is: those that are named, else the current one.
 * Throws USAGE.
 */
export async function clustersToCheck(session: Session, choice: ClusterChoice): Promise<Declarations> {
  if (choice.context !== undefined) return ofContexts(choice.context);
  try {
    const { intents, sources, problems } = await readDeclarations(session);
    return { intents: intents && narrowed(intents, choice.cluster), sources, problems };
  } catch (error) {
    const isNamed = session.options.filename.length > 0;
    if (isNamed || !(error instanceof MeshError) || error.code !== "NO_INTENTS") throw error;
    const { cwd, kubeconfig } = session.ways;
    const { current } = await listContexts(kubeconfig && resolve(cwd, kubeconfig));
    if (current === undefined) throw error;
    session.note(`Nothing is declared here: checking the current context, ${current}. --context names others.\n`);
    return ofContexts([current]);
  }
}

const apiVersion = "isthmus.io/v1alpha1";

function ofContexts(contexts: readonly string[]): Declarations {
  const unique = [...new Set(contexts)];
  const names = clusterNames(unique);
  const clusters = unique.map((context, index) =>
    meshClusterSchema.parse({
      apiVersion,
      kind: "MeshCluster",
      metadata: { name: names[index] },
      spec: { access: { context } },
    }),
  );
  const mesh = meshSchema.parse({ apiVersion, kind: "Mesh", metadata: { name: "mesh" } });
  const nothing = { sharedServices: [], externalAccesses: [], externalServices: [] };
  return { intents: { mesh, clusters, ...nothing }, problems: [] };
}

function narrowed(intents: Intents, chosen: readonly string[] | undefined): Intents {
  if (chosen === undefined) return intents;
  const names = intents.clusters.map(({ metadata }) => metadata.name);
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const meant = nearestName(unknown, names);
    const hint = meant === undefined ? `declared are: ${names.join(", ")}` : `did you mean ${meant}?`;
    throw usage(say`no cluster ${{ unknown }} is declared`, hint);
  }
  return { ...intents, clusters: intents.clusters.filter(({ metadata }) => chosen.includes(metadata.name)) };
}
