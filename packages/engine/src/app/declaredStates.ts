import type { Action } from "@isthmus/core/plan";
import { type PathTrace, type TraceVerdict, whyNot } from "@isthmus/core/trace";
import type { PlannedMesh } from "./planMesh.ts";

/** How a declaration stands. */
export interface DeclaredState {
  /** `in sync`: live is as declared; `to apply`: a plan would write; `pending`: it cannot be said or done now. */
  readonly state: "in sync" | "to apply" | "pending";
  /** Why it is pending. */
  readonly reason?: string;
  /** What a trace says of the declared paths, as the clusters are now. */
  readonly paths: PathCounts;
}

/** How many declared paths work now, do not (or not always), and of how many that cannot be told. */
export interface PathCounts {
  readonly works: number;
  readonly broken: number;
  readonly unknown: number;
  /** Of the first that does not work, or cannot be told: what is in the way. */
  readonly why?: string;
}

/** How each owner stands, by its name as the owner label has it. */
export function declaredStates({
  plan,
  held,
  traces,
}: Pick<PlannedMesh, "plan" | "held"> & { readonly traces: readonly PathTrace[] }): (owner: string) => DeclaredState {
  const tracesOf = byOwner(traces, ({ path }) => path.owner);
  const actionsOf = byOwner(plan.actions, (action) => action.owner);
  return (owner) => {
    const paths = pathCounts(tracesOf.get(owner) ?? []);
    const actions: readonly Action[] = actionsOf.get(owner) ?? [];
    const reason = held.get(owner) ?? actions.find((action) => action.reason !== undefined)?.reason;
    if (reason !== undefined) return { state: "pending", reason, paths };
    return { state: actions.every(({ verb }) => verb === "noop") ? "in sync" : "to apply", paths };
  };
}

export function pathCounts(traces: readonly PathTrace[]): PathCounts {
  const count = (...verdicts: readonly TraceVerdict[]) =>
    traces.filter(({ trace }) => verdicts.includes(trace.verdict)).length;
  const reasons = traces.flatMap(({ trace }) => whyNot(trace) ?? []);
  return {
    works: count("reaches"),
    broken: count("partly", "broken"),
    unknown: count("unknown"),
    ...(reasons[0] === undefined ? {} : { why: reasons[0] }),
  };
}

function byOwner<T>(items: readonly T[], ownerOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const known = groups.get(ownerOf(item));
    if (known === undefined) groups.set(ownerOf(item), [item]);
    else known.push(item);
  }
  return groups;
}
