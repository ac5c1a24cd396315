import { MeshError, objectPlace, type ProblemCode, type Sentence } from "@isthmus/core";
import type { Action } from "@isthmus/core/plan";

/** Why a write of an action does not take place. */
export function refusal(
  code: ProblemCode,
  action: Action,
  message: Sentence,
  { hint = "", cause }: { readonly hint?: string; readonly cause?: unknown } = {},
): MeshError {
  return new MeshError({ code, at: objectPlace(action.cluster, action.ref), message, hint }, { cause });
}
