import { type Trace, type TraceRequest, type TraceWorld, trace } from "@isthmus/core/trace";

/** What trace says; where it fails itself there is no branch, which agrees with nothing. */
export function traced(world: TraceWorld, request: TraceRequest): Trace {
  try {
    return trace(world, request);
  } catch (error) {
    console.error(`${error}`);
    return { request, branches: [], verdict: "unknown", assumes: [] };
  }
}
