import type { Problem } from "@isthmus/core";
import { type ObserveOptions, observe } from "../observe/observe.ts";
import { pasteableHints } from "./pasteableHints.ts";
import type { DeclaredMesh } from "./planMesh.ts";

export interface ClusterVersions {
  readonly name: string;
  /** `-` where it is not known, as of a directory. */
  readonly kubernetes: string;
  readonly istio: readonly string[];
}

/** The versions of Kubernetes and Istio in the declared clusters, and why some could not be read. */
export async function meshVersions(
  { intents, targets }: Pick<DeclaredMesh, "intents" | "targets">,
  options: ObserveOptions,
): Promise<{ readonly clusters: readonly ClusterVersions[]; readonly problems: readonly Problem[] }> {
  const { observed, problems } = await observe(targets, options);
  const clusters = intents.clusters.map(({ metadata: { name } }) => {
    const { version: kubernetes = "-", istiodVersions: istio = [] } = observed.clusters.get(name) ?? {};
    return { name, kubernetes, istio };
  });
  const unread = problems.filter(({ severity }) => severity === "pending");
  return { clusters, problems: pasteableHints(unread, intents.clusters) };
}
