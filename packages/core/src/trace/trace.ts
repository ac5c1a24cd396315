import type { Attempt } from "./attempt.ts";
import { callerSteps } from "./callerSteps.ts";
import { serveAttempt } from "./serveAttempt.ts";
import type { TraceRequest } from "./traceRequest.ts";
import type { BrokenHop, Trace, TraceBranch, TraceVerdict } from "./traceResult.ts";
import type { TraceWorld } from "./traceWorld.ts";

/** A branch, and whether a retry of the caller's proxy makes up for its failure. */
interface Followed {
  readonly branch: TraceBranch;
  readonly isMadeUp: boolean;
}

/**
 * What the proxies of the mesh would do with one request, over any Istio configuration: each way that it may take, hop by hop,
 * and what the client sees of it. Nothing is asked of the network, and nothing is special to objects that Isthmus wrote.
 */
export function trace(world: TraceWorld, request: TraceRequest): Trace {
  const steps = callerSteps(world, request);
  const ended = steps.flatMap((step): readonly Followed[] =>
    step.kind === "attempt" ? [] : [{ branch: withoutKind(step), isMadeUp: false }],
  );
  const attempts = steps.flatMap((step) => (step.kind === "attempt" ? [step] : []));
  const followed = [...ended, ...follow(world, attempts)].sort(
    (left, right) => right.branch.probability - left.branch.probability,
  );
  const blamed = followed.find(({ branch, isMadeUp }) => !isMadeUp && branch.outcome.kind !== "answered");
  const hop = blamed?.branch.hops.find((each): each is BrokenHop => each.status === "broken");
  return {
    request,
    branches: followed.map(({ branch }) => branch),
    verdict: verdictOf(followed),
    ...(hop === undefined ? {} : { blamed: hop }),
  };
}

function withoutKind({ probability, hops, outcome }: TraceBranch): TraceBranch {
  return { probability, hops, outcome };
}

/**
 * An HTTP proxy retries a failed connection at another endpoint of the same upstream cluster
 * (pilot/pkg/networking/core/route/retry/retry.go): where one of them answers, the client never sees the failure.
 */
function follow(world: TraceWorld, attempts: readonly Attempt[]): readonly Followed[] {
  const all = attempts.map((attempt) => ({ attempt, branches: serveAttempt(world, attempt) }));
  const answering = new Set(
    all
      .filter(({ branches }) => branches.every(({ outcome }) => outcome.kind === "answered"))
      .map(({ attempt }) => attempt.pick),
  );
  return all.flatMap(({ attempt, branches }) =>
    branches.map((branch) => ({
      branch,
      isMadeUp: attempt.retries && answering.has(attempt.pick) && isFailedConnection(branch),
    })),
  );
}

function isFailedConnection({ outcome }: TraceBranch): boolean {
  return outcome.kind === "refused" && outcome.responseFlag?.startsWith("UF") === true;
}

function verdictOf(followed: readonly Followed[]): TraceVerdict {
  const reached = followed.map(({ branch, isMadeUp }) => isMadeUp || branch.outcome.kind === "answered");
  if (reached.every(Boolean)) return "reaches";
  const failed = followed.some(({ branch, isMadeUp }) => !isMadeUp && isFailure(branch));
  if (reached.some(Boolean)) return failed ? "partly" : "unknown";
  return failed ? "broken" : "unknown";
}

function isFailure({ outcome }: TraceBranch): boolean {
  return outcome.kind !== "answered" && outcome.kind !== "unknown";
}
