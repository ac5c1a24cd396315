import { graph, type TraceVerdict } from "@isthmus/core/trace";
import { planMesh, traceMesh } from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { givenMesh, tellAbsentKinds } from "../givenMesh.ts";
import type { GivenOptions } from "../givenOptions.ts";
import { isGraphFormat, renderGraph } from "../render/graph.ts";
import { renderTrace } from "../render/trace.ts";
import type { Session } from "../session.ts";
import { type TraceRequestOptions, type TraceWords, traceRequest } from "../traceRequest.ts";
import { withMesh } from "../withMesh.ts";

export interface TraceOptions extends TraceRequestOptions, GivenOptions {
  readonly planned?: boolean;
  readonly allBranches?: boolean;
}

/** Says what the proxies would do with a request, as the clusters are, or as they would be after an apply. */
export async function trace(session: Session, words: TraceWords, options: TraceOptions): Promise<number> {
  const given = await givenMesh(session, options);
  return withMesh(session, given, async (declared) => {
    const request = traceRequest(
      words,
      options,
      declared.intents.clusters.map(({ metadata }) => metadata.name),
    );
    const mesh = await planMesh(declared, session.reading);
    const found = traceMesh(mesh, request, options.planned === true ? "planned" : "now");
    if (isGraphFormat(session.ownFormat)) session.print(renderGraph(graph([found]), session.ownFormat));
    else if (session.format === undefined) session.print(renderTrace(found, session.out, options.allBranches === true));
    else session.printData("Trace", found);
    tellAbsentKinds(session, given, mesh.observed);
    // What is wrong with declarations is another matter: the request may get there all the same.
    session.report(mesh.unseen);
    return codeOf(found.verdict);
  });
}

function codeOf(verdict: TraceVerdict): number {
  switch (verdict) {
    case "reaches":
      return exitCodes.ok;
    case "partly":
    case "broken":
      return exitCodes.broken;
    case "unknown":
      return failureCode("trace");
  }
}
