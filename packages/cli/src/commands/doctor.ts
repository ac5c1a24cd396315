import { type Diagnosis, diagnose, trace, traceWorld } from "@isthmus/core";
import { gatherEvidence } from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { reachOf } from "../reachOf.ts";
import { readDeclarations } from "../readDeclarations.ts";
import { renderDiagnosis } from "../render/diagnosis.ts";
import type { Session } from "../session.ts";
import { type RequestOptions, type TraceWords, workloadRequest } from "../traceRequest.ts";
import { withMesh } from "../withMesh.ts";

/** Explains why a request fails: on paper, on the wire, and what stands between the two. */
export async function doctor(session: Session, words: TraceWords, options: RequestOptions): Promise<number> {
  return withMesh(session, await readDeclarations(session), {}, async (mesh) => {
    const { intents, observed } = mesh;
    const names = intents.clusters.map(({ metadata }) => metadata.name);
    const request = workloadRequest(words, options, names);
    const world = traceWorld(observed, intents);
    const paper = trace(world, request);
    const reach = reachOf(mesh.targets);
    session.note(session.err.faint("Asking the proxies on the way …\n"));
    const evidence = await gatherEvidence({
      ...{ request, paper, world, intents, observed, reach },
      now: () => new Date(),
      signal: session.signal,
    });
    const diagnosis = diagnose(evidence);
    if (session.format === undefined) session.print(renderDiagnosis(evidence, diagnosis, session.out));
    else session.printData({ ...diagnosis, evidence });
    session.report([...observed.unreachable.values()]);
    return codeOf(diagnosis);
  });
}

function codeOf({ wire, findings }: Diagnosis): number {
  if (wire === "works") return exitCodes.ok;
  return wire === "fails" || findings.length > 0 ? exitCodes.broken : failureCode("doctor");
}
