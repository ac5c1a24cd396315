import {
  type PathProof,
  type PathTrace,
  type ProofStatus,
  proofOfPaths,
  type Trace,
  type TraceVerdict,
  tracePaths,
} from "@isthmus/core";
import type { MeshNow } from "./withMesh.ts";

/** A path with what is in place for it, and what becomes of a call. */
export interface ProvenPath extends PathProof {
  readonly trace: Trace;
}

/** The verdict of both: a path stands where all that it needs is in place, and a call gets there. */
function provenPaths(proofs: readonly PathProof[], traces: readonly PathTrace[]): readonly ProvenPath[] {
  const byPath = new Map(traces.map(({ path, trace }) => [path, trace]));
  return proofs.flatMap((proof) => {
    const trace = byPath.get(proof.path);
    return trace === undefined ? [] : [{ ...proof, trace, verdict: worse(proof.verdict, statusOf(trace.verdict)) }];
  });
}

export function statusOf(verdict: TraceVerdict): ProofStatus {
  if (verdict === "reaches") return "ok";
  return verdict === "unknown" ? "unknown" : "broken";
}

function worse(left: ProofStatus, right: ProofStatus): ProofStatus {
  const both = [left, right];
  if (both.includes("broken")) return "broken";
  return both.includes("unknown") ? "unknown" : "ok";
}

/** Each declared path: whether what it needs is in place, and whether a call would get there. */
export function proveMesh(mesh: Pick<MeshNow, "intents" | "compiled" | "observed">): readonly ProvenPath[] {
  const { intents, compiled, observed } = mesh;
  return provenPaths(proofOfPaths(mesh), tracePaths({ intents, paths: compiled.paths, observed }));
}
