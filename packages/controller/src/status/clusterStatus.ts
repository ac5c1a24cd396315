import type { Admission, Observed, Problem } from "@isthmus/core";
import { type ConditionDraft, reasonOf } from "./conditions.ts";

/** Accepted, Reachable and Ready, of a MeshCluster. */
export function clusterConditions({ object, problems }: Admission, observed: Observed): readonly ConditionDraft[] {
  const error = problems.find(({ severity }) => severity === "error");
  const accepted: ConditionDraft =
    error === undefined
      ? { type: "Accepted", status: "True", reason: "Accepted", message: problems[0]?.message ?? "" }
      : { type: "Accepted", status: "False", ...told(error) };
  const parts = [accepted, reachable(object.metadata.name, observed)];
  const first = parts.find(({ status }) => status !== "True");
  return [
    ...parts,
    first === undefined ? { type: "Ready", status: "True", reason: "Ready", message: "" } : { ...first, type: "Ready" },
  ];
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
  return { type, status: "False", ...told(problem) };
}

function told({ code, message, hint }: Problem): Pick<ConditionDraft, "reason" | "message"> {
  return { reason: reasonOf(code), message: hint === "" ? message : `${message}. ${hint}` };
}
