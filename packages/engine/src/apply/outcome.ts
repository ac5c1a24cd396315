import { MeshError, makeProblem, movedTo, objectPlace, type Place, type Problem, say } from "@isthmus/core";
import type { Action } from "@isthmus/core/plan";
import { isOver } from "../withPatience.ts";

/** How an action ended. */
export type Outcome =
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly problem: Problem }
  | { readonly type: "skipped"; readonly problem: Problem };

export function skipped(action: Action, why: string, hint: string): Outcome {
  return {
    type: "skipped",
    problem: makeProblem({ code: "WRITE_SKIPPED", at: placeOf(action), message: say`not tried: ${why}`, hint }),
  };
}

export function interrupted(action: Action, signal: AbortSignal): Outcome {
  const why = isOver(signal) ? "the time that --timeout gives is over" : "the apply was interrupted";
  return skipped(action, why, "apply again to finish the work");
}

/** What a target threw, at the object that it was about. */
export function writeProblem(action: Action, error: unknown): Problem {
  if (error instanceof MeshError) return movedTo(error.problem, placeOf(action));
  const message = error instanceof Error ? error.message : String(error);
  return makeProblem({
    code: "WRITE_FAILED",
    at: placeOf(action),
    message: say`${{ verb: action.verb }} failed: ${{ reason: message }}`,
    hint: "apply again",
  });
}

function placeOf({ cluster, ref }: Action): Place {
  return objectPlace(cluster, ref);
}
