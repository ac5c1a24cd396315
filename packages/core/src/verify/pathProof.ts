import type { Sentence } from "../findings/index.ts";
import type { ClusterObject } from "../kinds/index.ts";
import type { DeclaredPath } from "../model/index.ts";
import { type OtherObject, type PathTrace, type TraceCode, type TraceVerdict, traceHopNames } from "../trace/index.ts";

/** What a hop or a path comes out as. "unknown" where it cannot be seen now. */
export type ProofStatus = "ok" | "broken" | "unknown";

/** Whether the declaration is known in full, whether its objects are as planned, then the stations of a request. */
export const hopNames = ["declaration", "objects", ...traceHopNames] as const;
export type HopName = (typeof hopNames)[number];

export interface Hop {
  readonly name: HopName;
  /** Where it is; absent where it lies outside the clusters. */
  readonly cluster?: string;
  readonly status: ProofStatus;
  /** What was found, or what is wrong, for people. */
  readonly detail: string;
  readonly object?: ClusterObject;
  readonly field?: string;
  readonly others?: readonly OtherObject[];
  readonly code?: TraceCode;
  /** Of a broken one: what to change. */
  readonly fix?: string;
  readonly params?: Sentence["params"];
  readonly refs?: Sentence["refs"];
}

export interface PathProof extends PathTrace {
  readonly path: DeclaredPath;
  /** What is amiss with the declaration and its objects, then each station of the call that tells most. */
  readonly hops: readonly Hop[];
  /** The worst of the declaration, its objects and the trace. */
  readonly verdict: ProofStatus;
}

export function statusOfTrace(verdict: TraceVerdict): ProofStatus {
  if (verdict === "reaches") return "ok";
  return verdict === "unknown" ? "unknown" : "broken";
}
