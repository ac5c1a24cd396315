import { assumptionsOf } from "./assumption.ts";
import { callerSteps } from "./callerSteps.ts";
import { serveAttempt } from "./serveAttempt.ts";
import type { TraceRequest } from "./traceRequest.ts";
import type { BrokenHop, Trace, TraceBranch, TraceVerdict } from "./traceResult.ts";
import type { TraceWorld } from "./traceWorld.ts";
import { tryAgain } from "./tryAgain.ts";

/**
 * What the proxies of the mesh would do with one request, over any Istio configuration: each way that it may take, hop by hop,
 * and what the client sees of it. Nothing is asked of the network, and nothing is special to objects that Isthmus wrote.
 */
export function trace(world: TraceWorld, request: TraceRequest): Trace {
  const steps = callerSteps(world, request);
  const ended = steps.flatMap((step) => (step.kind === "attempt" ? [] : [step]));
  const attempts = steps.flatMap((step) => (step.kind === "attempt" ? [step] : []));
  const tried = tryAgain(attempts.map((attempt) => ({ attempt, branches: serveAttempt(world, attempt) })));
  const branches = [...ended, ...tried].map(asResult).sort((left, right) => right.probability - left.probability);
  const blamed = branches.find(({ isRetried, outcome }) => isRetried !== true && outcome.kind !== "answered");
  const hop = blamed?.hops.find((each): each is BrokenHop => each.status === "broken");
  return {
    request,
    branches,
    verdict: verdictOf(branches),
    assumes: assumptionsOf(branches.filter(({ outcome }) => outcome.kind === "answered")),
    ...(hop === undefined ? {} : { blamed: hop }),
  };
}

/** What the walk alone needs to know stays behind. */
function asResult({ probability, hops, outcome, isRetried }: TraceBranch): TraceBranch {
  return { probability, hops, outcome, ...(isRetried === true ? { isRetried } : {}) };
}

function verdictOf(branches: readonly TraceBranch[]): TraceVerdict {
  const seen = branches.filter(({ isRetried }) => isRetried !== true);
  const reached = seen.some(({ outcome }) => outcome.kind === "answered");
  if (reached && seen.every(({ outcome }) => outcome.kind === "answered")) return "reaches";
  const failed = seen.some(({ outcome }) => outcome.kind !== "answered" && outcome.kind !== "unknown");
  if (reached) return failed ? "partly" : "unknown";
  return failed ? "broken" : "unknown";
}
