import { afterPlan } from "@isthmus/core/plan";
import { type Trace, type TraceRequest, trace, traceWorld } from "@isthmus/core/trace";
import type { PlannedMesh } from "./planMesh.ts";

/**
 * What the proxies would do with a request, as the clusters are now, or as they would be after an apply. Headers that may let
 * somebody in are followed, and left out of what is told.
 */
export function traceMesh(
  { observed, plan, intents }: PlannedMesh,
  request: TraceRequest,
  when: "now" | "planned",
): Trace {
  const found = trace(traceWorld(when === "planned" ? afterPlan(observed, plan) : observed, intents), request);
  return { ...found, request: withoutSecrets(found.request) };
}

/** Values of headers that may let somebody in are not for others' eyes. */
const secretHeaders: ReadonlySet<string> = new Set(["authorization", "cookie", "proxy-authorization"]);

/** A request as it may be shown. */
export function withoutSecrets<R extends TraceRequest>(request: R): R {
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    secretHeaders.has(name) ? "(not shown)" : value,
  ]);
  return { ...request, headers: Object.fromEntries(headers) };
}
