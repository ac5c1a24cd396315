import type { Admission, Problem } from "@isthmus/core";
import type { DeclaredState } from "@isthmus/engine";
import type { ConditionDraft } from "./conditions.ts";
import { accepted, ready, told } from "./standardConditions.ts";

/** What is known of a declaration that owns objects. */
export interface DeclarationFacts {
  readonly state: DeclaredState;
  /** The mesh as a whole cannot be judged. */
  readonly refusal?: Problem | undefined;
  /** What is paused, so that nothing is written for it. */
  readonly paused?: string | undefined;
  /** Why its writes wait for a person. */
  readonly stopped?: Problem | undefined;
  /** Why its last writes did not go through. */
  readonly failure?: Problem | undefined;
  /** What breaks its first broken path, and whose write that was. */
  readonly blame?: string | undefined;
}

/** Accepted, Applied, PathProven, and Ready, which is all of them. */
export function declarationConditions({ problems }: Admission, facts: DeclarationFacts): readonly ConditionDraft[] {
  const first = accepted(problems, facts.refusal);
  const parts = [first, applied(first, facts), pathProven(facts)];
  return [...parts, ready(parts, false)];
}

function applied({ status }: ConditionDraft, { state, paused, stopped, failure }: DeclarationFacts): ConditionDraft {
  const type = "Applied";
  if (status === "False") {
    const message = "What it has in the clusters is left as it is until the declaration is accepted.";
    return { type, status: "False", reason: "NotAccepted", message };
  }
  if (paused !== undefined)
    return { type, status: "False", reason: "Paused", message: `Nothing is written: ${paused}.` };
  const problem = stopped ?? failure;
  if (problem !== undefined) return told(type, problem);
  if (state.state === "in sync") return { type, status: "True", reason: "InSync", message: "" };
  if (state.state === "pending") return { type, status: "False", reason: "Pending", message: state.reason ?? "" };
  return { type, status: "False", reason: "Applying", message: "It is being written." };
}

function pathProven({ state: { paths }, blame }: DeclarationFacts): ConditionDraft {
  const type = "PathProven";
  const all = paths.works + paths.broken + paths.unknown;
  const of = `${all} path${all === 1 ? "" : "s"}`;
  if (all === 0) return { type, status: "Unknown", reason: "NoPath", message: "It makes no path now." };
  if (paths.broken > 0) {
    return {
      type,
      status: "False",
      reason: "PathBroken",
      message: `${paths.broken} of ${of} broken: ${blame ?? paths.why ?? ""}`,
    };
  }
  if (paths.unknown > 0) {
    return {
      type,
      status: "Unknown",
      reason: "Untold",
      message: `${paths.unknown} of ${of} cannot be told: ${paths.why ?? ""}`,
    };
  }
  return { type, status: "True", reason: "Proven", message: `${of}, as the configuration of the clusters is` };
}
