import { afterPlan, type TraceRequest, type TraceVerdict, trace as traceOne, traceWorld } from "@isthmus/core";
import { exitCodes, failureCode } from "../exit.ts";
import { readDeclarations } from "../readDeclarations.ts";
import { renderTrace } from "../render/trace.ts";
import type { Session } from "../session.ts";
import { type TraceRequestOptions, type TraceWords, traceRequest } from "../traceRequest.ts";
import { withMesh } from "../withMesh.ts";

export interface TraceOptions extends TraceRequestOptions {
  readonly planned?: boolean;
  readonly allBranches?: boolean;
}

/** Says what the proxies would do with a request, as the clusters are, or as they would be after an apply. */
export async function trace(session: Session, words: TraceWords, options: TraceOptions): Promise<number> {
  return withMesh(session, await readDeclarations(session), {}, async (mesh) => {
    const { intents } = mesh;
    const request = traceRequest(
      words,
      options,
      intents.clusters.map(({ metadata }) => metadata.name),
    );
    const observed = options.planned === true ? afterPlan(mesh.observed, mesh.plan) : mesh.observed;
    const found = traceOne(traceWorld(observed, intents), request);
    if (session.format === undefined) session.print(renderTrace(found, session.out, options.allBranches === true));
    else session.printData({ ...found, request: withoutSecrets(found.request) });
    // What is wrong with declarations is another matter: the request may get there all the same.
    session.report([...mesh.observed.unreachable.values()]);
    return codeOf(found.verdict);
  });
}

/** Headers that may let somebody in are not printed. */
function withoutSecrets(request: TraceRequest): TraceRequest {
  const secret = new Set(["authorization", "cookie", "proxy-authorization"]);
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    secret.has(name) ? "(not shown)" : value,
  ]);
  return { ...request, headers: Object.fromEntries(headers) };
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
