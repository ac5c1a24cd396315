import { type Action, MeshError, type ProblemCode, showRef } from "@isthmus/core";

/** Why a write of an action does not take place. */
export function refusal(
  code: ProblemCode,
  action: Action,
  message: string,
  { hint = "", cause }: { readonly hint?: string; readonly cause?: unknown } = {},
): MeshError {
  return new MeshError({ code, at: `${action.cluster}: ${showRef(action.ref)}`, message, hint }, { cause });
}
