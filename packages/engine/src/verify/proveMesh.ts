import {
  type Compiled,
  type DeclaredPath,
  type Intents,
  type Observed,
  type PathProof,
  type ProofStatus,
  proofOfPaths,
  type Trace,
  type TraceVerdict,
  tracePaths,
} from "@isthmus/core";
import { type TryOptions, tryPaths, type WireProof } from "./tryPaths.ts";

/** A path with what is in place for it, what becomes of a call on paper, and on the wire. */
export interface ProvenPath extends PathProof {
  readonly trace: Trace;
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
  const onPaper = proveOnPaper(mesh);
  if (wire === "never") return onPaper;
  const { intents, observed, compiled } = mesh;
  const tried = await tryPaths(compiled.paths, { ...options, intents, observed });
  return onPaper.map((proof) => {
    const found = tried.get(proof.path);
    if (found === undefined) return proof;
    return { ...proof, wire: found, verdict: worse(proof.verdict, statusOfWire(found, wire)) };
  });
}

/** The same without a packet: from what the clusters hold. A path stands where all that it needs is in place, and a call gets there. */
export function proveOnPaper(mesh: CompiledMesh): readonly ProvenPath[] {
  const { intents, compiled, observed } = mesh;
  const traces = new Map<DeclaredPath, Trace>(
    tracePaths({ intents, paths: compiled.paths, observed }).map(({ path, trace }) => [path, trace]),
  );
  return proofOfPaths(mesh).flatMap((proof) => {
    const trace = traces.get(proof.path);
    return trace === undefined
      ? []
      : [{ ...proof, trace, verdict: worse(proof.verdict, statusOfTrace(trace.verdict)) }];
  });
}

export function statusOfTrace(verdict: TraceVerdict): ProofStatus {
  if (verdict === "reaches") return "ok";
  return verdict === "unknown" ? "unknown" : "broken";
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
