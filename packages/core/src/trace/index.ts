export { type AssumptionKind, assumptionKinds } from "./assumption.ts";
export type { Attempt } from "./attempt.ts";
export { authorityOf, callerSteps } from "./callerSteps.ts";
export { rewrittenPath } from "./client/applyHttpRoute.ts";
export { claimMatches } from "./client/chooseHttpRoute.ts";
export { findCaller, isCalled } from "./client/findCaller.ts";
export { type OutsideEntry, outsideEntries } from "./client/outsideEntries.ts";
export { hasLocalServices, placeKey, podsAlike } from "./client/podsAlike.ts";
export { isPresence, matchesString, regexOfString } from "./client/stringMatch.ts";
export { type Graph, type GraphEdge, type GraphNode, graph } from "./graph.ts";
export { placeOfHop } from "./hop.ts";
export { brokenPaths, effectsBetween, type PathEffect, pathEffects, whyNot } from "./pathEffects.ts";
export type { PathIntents } from "./requestsOfPaths.ts";
export { retrace, retracing, type TraceState } from "./retrace.ts";
export { schemeOf } from "./schemeOf.ts";
export { showOutcome } from "./showOutcome.ts";
export { isReached, seenBranches, tellingBranch, trace } from "./trace.ts";
export { type PathTrace, tracePaths, tracingPaths } from "./tracePaths.ts";
export {
  type OutsideCaller,
  parseUrl,
  showCaller,
  showUrl,
  type TraceCaller,
  type TraceRequest,
  type TraceScheme,
  traceSchemes,
  usualRequest,
  type WorkloadRequest,
} from "./traceRequest.ts";
export {
  type BrokenHop,
  type OtherObject,
  protections,
  type Trace,
  type TraceBranch,
  type TraceCode,
  type TraceHop,
  type TraceOutcome,
  type TraceVerdict,
  traceHopNames,
} from "./traceResult.ts";
export { type TraceWorld, traceWorld } from "./traceWorld.ts";
export { type PodName, workloadNamed } from "./workloadNamed.ts";
