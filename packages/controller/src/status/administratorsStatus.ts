import type { Admission, KubeObject, Observed } from "@isthmus/core";
import type { ConditionDraft } from "./conditions.ts";
import { accepted, ready, told } from "./standardConditions.ts";

/** Accepted and Ready, of a Mesh. */
export function meshConditions({ object, problems }: Admission): readonly ConditionDraft[] {
  const parts = [accepted(problems)];
  return [...parts, ready(parts, isPaused(object))];
}

/** Accepted, Reachable and Ready, of a MeshCluster. */
export function clusterConditions({ object, problems }: Admission, observed: Observed): readonly ConditionDraft[] {
  const parts = [accepted(problems), reachable(object.metadata.name, observed)];
  return [...parts, ready(parts, isPaused(object))];
}

function isPaused({ spec }: KubeObject): boolean {
  return (spec as { readonly paused?: unknown } | undefined)?.paused === true;
}

function reachable(name: string, { clusters, unreachable }: Observed): ConditionDraft {
  const type = "Reachable";
  const cluster = clusters.get(name);
  if (cluster !== undefined) {
    const istiod = cluster.istiodVersions.join(", ");
    const message = `Kubernetes ${cluster.version ?? "of an unknown version"}, istiod ${istiod === "" ? "not found" : istiod}`;
    return { type, status: "True", reason: "Followed", message };
  }
  const problem = unreachable.get(name);
  if (problem === undefined) return { type, status: "Unknown", reason: "Waiting", message: "It is being read." };
  return told(type, problem);
}
