import type { Intents } from "../intents.ts";
import { meshSchema } from "./mesh.ts";
import { meshClusterSchema } from "./meshCluster.ts";
import { clusterNames } from "./starterMesh.ts";

/** A cluster that no declaration names: a context of the kubeconfig, or manifests that stand for one. */
export type GivenCluster = ({ readonly context: string } | { readonly directory: string }) & {
  /** Its context, or the last part of its directory's path, unless set. */
  readonly name?: string;
};

const apiVersion = "isthmus.io/v1alpha1";

/**
 * Clusters in which nothing of Isthmus need be, as a mesh with Istio's defaults and no services declared. The same one that is given
 * twice is there once.
 */
export function undeclaredMesh(given: readonly GivenCluster[]): Intents {
  const unique = [...new Map(given.map((each) => [JSON.stringify(each), each] as const)).values()];
  const names = clusterNames(unique.map(nameOf));
  const clusters = unique.map((each, index) =>
    meshClusterSchema.parse({
      apiVersion,
      kind: "MeshCluster",
      metadata: { name: names[index] },
      spec: { access: "context" in each ? { context: each.context } : { directory: each.directory } },
    }),
  );
  const mesh = meshSchema.parse({ apiVersion, kind: "Mesh", metadata: { name: "mesh" } });
  return { mesh, clusters, sharedServices: [], externalAccesses: [], externalServices: [] };
}

function nameOf(given: GivenCluster): string {
  if (given.name !== undefined) return given.name;
  if ("context" in given) return given.context;
  const [last = given.directory] = given.directory
    .split(/[/\\]/)
    .filter((part) => part !== "" && part !== ".")
    .slice(-1);
  return last.replace(/(\.(ya?ml|json|tar|tgz|gz))+$/i, "");
}
