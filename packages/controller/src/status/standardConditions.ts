import type { Problem } from "@isthmus/core";
import { type ConditionDraft, reasonOf } from "./conditions.ts";

/** Whether a declaration counts; `refusal`: why the mesh as a whole does not. */
export function accepted(problems: readonly Problem[], refusal?: Problem): ConditionDraft {
  const error = problems.find(({ severity }) => severity === "error") ?? refusal;
  if (error !== undefined) return told("Accepted", error);
  return { type: "Accepted", status: "True", reason: "Accepted", message: problems[0]?.message ?? "" };
}

/** All of the others: the first that is false, else the first that is unknown. */
export function ready(parts: readonly ConditionDraft[], isPaused: boolean): ConditionDraft {
  const first = parts.find(({ status }) => status === "False") ?? parts.find(({ status }) => status === "Unknown");
  if (first !== undefined) return { ...first, type: "Ready" };
  const message = isPaused ? "Nothing is written: it is paused." : "";
  return { type: "Ready", status: "True", reason: isPaused ? "Paused" : "Ready", message };
}

export function told(type: string, { code, message, hint }: Problem): ConditionDraft {
  return { type, status: "False", reason: reasonOf(code), message: hint === "" ? message : `${message}. ${hint}` };
}
