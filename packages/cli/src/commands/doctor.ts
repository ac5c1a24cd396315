import type { Diagnosis } from "@isthmus/core/doctor";
import { diagnoseMesh, pasteableText, planMesh } from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { givenMesh, tellAbsentKinds } from "../givenMesh.ts";
import type { GivenOptions } from "../givenOptions.ts";
import { renderDiagnosis } from "../render/diagnosis.ts";
import type { Session } from "../session.ts";
import { type RequestOptions, type TraceWords, workloadRequest } from "../traceRequest.ts";
import { withMesh } from "../withMesh.ts";

/** Explains why a request fails: on paper, on the wire, and what stands between the two. */
export async function doctor(
  session: Session,
  words: TraceWords,
  options: RequestOptions & GivenOptions,
): Promise<number> {
  const given = await givenMesh(session, options);
  return withMesh(session, given, async (declared) => {
    const names = declared.intents.clusters.map(({ metadata }) => metadata.name);
    const request = workloadRequest(words, options, names);
    const mesh = await planMesh(declared, session.reading);
    session.note(session.err.faint("Asking the proxies on the way …\n"));
    const { evidence, diagnosis } = await diagnoseMesh(mesh, request, {
      now: () => new Date(),
      signal: session.signal,
    });
    if (session.format === undefined)
      session.print(pasteableText(renderDiagnosis(evidence, diagnosis, session.out), mesh.intents.clusters));
    else session.printData("Diagnosis", { ...diagnosis, evidence });
    tellAbsentKinds(session, given, mesh.observed);
    session.report(mesh.unseen);
    return codeOf(diagnosis);
  });
}

function codeOf({ wire, findings }: Diagnosis): number {
  if (wire === "works") return exitCodes.ok;
  return wire === "fails" || findings.length > 0 ? exitCodes.broken : failureCode("doctor");
}
