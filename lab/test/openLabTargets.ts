import { undeclaredMesh } from "@isthmus/core";
import { openTargets, type Target } from "@isthmus/engine";

type Named = { readonly kubeconfig: string };

/** Clusters of the lab as the product reaches those that nobody declared, by the contexts of a kubeconfig. */
export function openLabTargets({ kubeconfig }: Named, names = ["cluster1"]): Promise<ReadonlyMap<string, Target>> {
  return openTargets(undeclaredMesh(names.map((context) => ({ context }))), { kubeconfig });
}

/** The lab's first cluster alone. */
export async function openLabTarget(named: Named): Promise<Target> {
  const target = (await openLabTargets(named)).get("cluster1");
  if (target === undefined) throw new Error("no target");
  return target;
}
