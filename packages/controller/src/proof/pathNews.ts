import type { PathTrace, TraceState } from "@isthmus/core/trace";

/** Declared paths whose verdict is another than before. */
export interface PathNews {
  /** They worked, and do not, or not always. */
  readonly broken: readonly PathTrace[];
  /** They did not, and do. */
  readonly healed: readonly PathTrace[];
}

export function pathNews(before: TraceState | undefined, after: TraceState): PathNews {
  const changed = after.traces.filter((now, index) => before?.traces[index] !== now);
  const verdictBefore = (now: PathTrace) => before?.traces[before.places.get(now.path) ?? -1]?.trace.verdict;
  const isBroken = (verdict: string | undefined) => verdict === "broken" || verdict === "partly";
  return {
    broken: changed.filter((now) => isBroken(now.trace.verdict) && verdictBefore(now) === "reaches"),
    healed: changed.filter((now) => now.trace.verdict === "reaches" && isBroken(verdictBefore(now))),
  };
}
