import type { DeclaredPath } from "../model/compiled.ts";

/** What a hop or a path comes out as. "unknown" where it cannot be seen now. */
export type ProofStatus = "ok" | "broken" | "unknown";

/** The stations of a call, in its order; the last of a call that leaves the mesh is `outside`. */
export const hopNames = [
  "declaration",
  "client",
  "name",
  "identity",
  "trust",
  "gateway",
  "passthrough",
  "exit",
  "outside",
  "entrance",
  "service",
] as const;
export type HopName = (typeof hopNames)[number];

export interface Hop {
  readonly name: HopName;
  /** Where it is: the consuming or the serving cluster; absent where it lies between them. */
  readonly cluster?: string;
  readonly status: ProofStatus;
  /** What was found, or what is wrong, for people. */
  readonly detail: string;
}

export interface PathProof {
  readonly path: DeclaredPath;
  readonly hops: readonly Hop[];
  /** The worst of the hops. */
  readonly verdict: ProofStatus;
}
