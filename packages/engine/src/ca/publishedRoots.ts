import { configMapKind, MeshError, trustRootConfigMap } from "@isthmus/core";
import { failureProblem, type KubeClient } from "@isthmus/kube";
import { splitPem } from "@isthmus/pki";
import type { CallOptions } from "../target/target.ts";

/**
 * The roots that istiod gives its workloads, as PEM; empty where there is no istiod yet. Throws CLUSTER_UNREACHABLE,
 * CLUSTER_FORBIDDEN …
 */
export async function publishedRoots(
  client: KubeClient,
  { cluster, namespace, ...options }: CallOptions & { readonly cluster: string; readonly namespace: string },
): Promise<string> {
  try {
    const found = await client.get(configMapKind, trustRootConfigMap, namespace, options);
    const data = (found?.data ?? {}) as Readonly<Record<string, unknown>>;
    const bundle = data["root-cert.pem"];
    return typeof bundle === "string" ? splitPem(bundle).join("") : "";
  } catch (error) {
    const problem = failureProblem(error, cluster);
    throw problem === undefined ? error : new MeshError(problem, { cause: error });
  }
}
