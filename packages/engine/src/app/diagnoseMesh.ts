import { type Diagnosis, diagnose, type Evidence, trace, traceWorld, type WorkloadRequest } from "@isthmus/core";
import { gatherEvidence } from "../doctor/gatherEvidence.ts";
import { reachOf } from "../target/reachOf.ts";
import type { CallOptions } from "../target/target.ts";
import type { PlannedMesh } from "./planMesh.ts";

export interface DiagnoseOptions extends CallOptions {
  readonly now: () => Date;
}

/** Why a request fails: on paper, on the wire, and what stands between the two. Throws only the signal's reason. */
export async function diagnoseMesh(
  { intents, observed, targets }: PlannedMesh,
  request: WorkloadRequest,
  options: DiagnoseOptions,
): Promise<{ readonly evidence: Evidence; readonly diagnosis: Diagnosis }> {
  const world = traceWorld(observed, intents);
  const paper = trace(world, request);
  const reach = reachOf(targets);
  const evidence = await gatherEvidence({ ...{ request, paper, world, intents, observed, reach }, ...options });
  return { evidence, diagnosis: diagnose(evidence) };
}
