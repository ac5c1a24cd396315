import type { Compiled, Intents, Observed } from "@isthmus/core";
import { type PathProof, type ProofStatus, provingPaths } from "@isthmus/core/verify";
import { inTurns } from "../inTurns.ts";
import { type TryOptions, tryPaths, type WireProof } from "./tryPaths.ts";

/** A path with what becomes of a call on paper, and on the wire. */
export interface ProvenPath extends PathProof {
  /** Absent where calls were not asked for, and for a path in or out of the mesh. */
  readonly wire?: WireProof;
}

/**
 * `where possible`: a path that cannot be called from here stands as it does on paper; `always`: it is then unknown;
 * `never`: no packet is sent.
 */
export type WireChoice = "where possible" | "always" | "never";

export interface ProveOptions extends Omit<TryOptions, "intents" | "observed"> {
  readonly wire: WireChoice;
}

export interface CompiledMesh {
  readonly intents: Intents;
  readonly compiled: Compiled;
  readonly observed: Observed;
}

/**
 * Each declared path: whether what it needs is in place, whether a call would get there on paper, and whether one does. Throws
 * only the signal's reason.
 */
export async function proveMesh(
  mesh: CompiledMesh,
  { wire, ...options }: ProveOptions,
): Promise<readonly ProvenPath[]> {
  const onPaper: readonly ProvenPath[] = await inTurns(provingPaths(mesh), options.signal);
  if (wire === "never") return onPaper;
  const { intents, observed, compiled } = mesh;
  const tried = await tryPaths(compiled.paths, { ...options, intents, observed });
  return onPaper.map((proof) => {
    const found = tried.get(proof.path);
    if (found === undefined) return proof;
    return { ...proof, wire: found, verdict: worse(proof.verdict, statusOfWire(found, wire)) };
  });
}

/** Where every call must be made, one address that cannot be called leaves it open. */
function statusOfWire({ status, probes }: WireProof, wire: WireChoice): ProofStatus {
  if (status === "broken") return "broken";
  if (wire !== "always") return "ok";
  return status === "ok" && probes.every((probe) => probe.status === "ok") ? "ok" : "unknown";
}

function worse(left: ProofStatus, right: ProofStatus): ProofStatus {
  const both = [left, right];
  if (both.includes("broken")) return "broken";
  return both.includes("unknown") ? "unknown" : "ok";
}
