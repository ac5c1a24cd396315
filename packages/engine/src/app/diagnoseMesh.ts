import { type Diagnosis, diagnose, type Evidence } from "@isthmus/core/doctor";
import { trace, traceWorld, type WorkloadRequest } from "@isthmus/core/trace";
import { gatherEvidence } from "../doctor/gatherEvidence.ts";
import { reachOf } from "../target/reachOf.ts";
import type { CallOptions } from "../target/target.ts";
import { pasteableHints } from "./pasteableHints.ts";
import type { PlannedMesh } from "./planMesh.ts";
import { withoutSecrets } from "./traceMesh.ts";

export interface DiagnoseOptions extends CallOptions {
  readonly now: () => Date;
}

/**
 * Why a request fails: on paper, on the wire, and what stands between the two. Headers that may let somebody in are sent, and left
 * out of what is told. Throws only the signal's reason.
 */
export async function diagnoseMesh(
  { intents, observed, targets }: PlannedMesh,
  request: WorkloadRequest,
  options: DiagnoseOptions,
): Promise<{ readonly evidence: Evidence; readonly diagnosis: Diagnosis }> {
  const world = traceWorld(observed, intents);
  const paper = trace(world, request);
  const reach = reachOf(targets);
  const evidence = await gatherEvidence({ ...{ request, paper, world, intents, observed, reach }, ...options });
  const shown = {
    ...evidence,
    request: withoutSecrets(evidence.request),
    paper: { ...evidence.paper, request: withoutSecrets(evidence.paper.request) },
  };
  const diagnosis = diagnose(shown);
  return {
    evidence: shown,
    diagnosis: { ...diagnosis, findings: pasteableHints(diagnosis.findings, intents.clusters) },
  };
}
