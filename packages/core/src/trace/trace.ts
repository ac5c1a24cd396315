import { type Assumption, assumptionKinds } from "./assumption.ts";
import { callerSteps } from "./callerSteps.ts";
import { serveAttempt } from "./serveAttempt.ts";
import type { TraceRequest } from "./traceRequest.ts";
import type { BrokenHop, Trace, TraceBranch, TraceVerdict } from "./traceResult.ts";
import type { TraceWorld } from "./traceWorld.ts";
import { tryAgain } from "./tryAgain.ts";
import { untoldByUnreadable } from "./untoldByUnreadable.ts";

/**
 * What the proxies of the mesh would do with one request, over any Istio configuration: each way that it may take, hop by hop,
 * and what the client sees of it. Nothing is asked of the network, and nothing is special to objects that Isthmus wrote.
 */
export function trace(world: TraceWorld, request: TraceRequest): Trace {
  const steps = callerSteps(world, request);
  const ended = steps.flatMap((step) => (step.kind === "attempt" ? [] : [step]));
  const attempts = steps.flatMap((step) => (step.kind === "attempt" ? [step] : []));
  const tried = tryAgain(attempts.map((attempt) => ({ attempt, branches: serveAttempt(world, attempt) })));
  const ways = complete([...ended, ...tried].map(asResult));
  return traceOf(
    request,
    ways.map((way) => untoldByUnreadable(world, request, way)),
  );
}

/** What no rule has an answer for cannot be told: all ways of a request add up to 1. */
export function complete(branches: readonly TraceBranch[]): readonly TraceBranch[] {
  const known = branches.filter(({ probability }) => probability > 0);
  const total = known.reduce((sum, { probability }) => sum + probability, 0);
  const rest = 1 - total;
  if (rest < 1e-9) return known;
  const why = "no rule of Istio that is known here says what becomes of it";
  return [...known, { probability: rest, hops: [], outcome: { kind: "unknown", why } }];
}

/** What a request's ways make together. A retry makes up for a failure only where any of these ways is answered. */
export function traceOf(request: TraceRequest, ways: readonly TraceBranch[]): Trace {
  const branches = [...ways].sort((left, right) => right.probability - left.probability);
  const seen = seenBranches(branches);
  const blamed = blamedOf(seen.filter(isFailed)) ?? blamedOf(seen.filter(({ outcome }) => outcome.kind === "unknown"));
  return {
    request,
    branches,
    verdict: verdictOf(seen),
    assumes: assumptionsOf(seen.filter(isReached)),
    ...(blamed === undefined ? {} : { blamed }),
  };
}

/** What the client sees: without the failures that a proxy makes up for by a try elsewhere. */
export function seenBranches(branches: readonly TraceBranch[]): readonly TraceBranch[] {
  const isMadeUp = branches.some(isReached);
  return branches.filter(({ isRetried }) => !isMadeUp || isRetried !== true);
}

/** Answered, and by what was asked. */
export function isReached({ hops, outcome }: TraceBranch): boolean {
  return outcome.kind === "answered" && hops.every(({ status }) => status !== "broken");
}

/** The way to show where there is room for one: the one that is blamed, else the likeliest of those that decide the verdict. */
export function tellingBranch({ branches, blamed, verdict }: Trace): TraceBranch {
  const decides = verdict === "reaches" ? isReached : ({ outcome }: TraceBranch) => outcome.kind === "unknown";
  const found = branches.find((branch) => (blamed === undefined ? decides(branch) : branch.hops.includes(blamed)));
  const telling = found ?? branches[0];
  if (telling === undefined) throw new Error("a trace has at least one branch");
  return telling;
}

/** What the walk alone needs to know stays behind. */
function asResult({ probability, hops, outcome, isRetried }: TraceBranch): TraceBranch {
  return { probability, hops, outcome, ...(isRetried === true ? { isRetried } : {}) };
}

/** What fails for sure comes before what cannot be told; of branches that are equally likely, the first by what is wrong. */
function blamedOf(branches: readonly TraceBranch[]): BrokenHop | undefined {
  const found = branches.flatMap(({ hops, probability }) => {
    const hop = hops.find((each): each is BrokenHop => each.status === "broken");
    return hop === undefined ? [] : [{ hop, probability }];
  });
  const most = found.reduce((best, { probability }) => Math.max(best, probability), 0);
  const likeliest = found.filter(({ probability }) => most - probability < 1e-9).map(({ hop }) => hop);
  return likeliest.sort((left, right) => (placeOf(left) < placeOf(right) ? -1 : 1))[0];
}

function placeOf({ cluster = "", code, object, field = "", detail }: BrokenHop): string {
  const { kind = "", namespace = "", name = "" } = object ?? {};
  return [cluster, kind, namespace, name, field, code, detail].join(" ");
}

function isFailed(branch: TraceBranch): boolean {
  return branch.outcome.kind !== "unknown" && !isReached(branch);
}

function verdictOf(seen: readonly TraceBranch[]): TraceVerdict {
  if (seen.length > 0 && seen.every(isReached)) return "reaches";
  const isAnyFailed = seen.some(isFailed);
  if (seen.some(isReached)) return isAnyFailed ? "partly" : "unknown";
  return isAnyFailed ? "broken" : "unknown";
}

/** All that branches rest on, each once: by kind, then by text. */
function assumptionsOf(branches: readonly TraceBranch[]): readonly Assumption[] {
  const unique = new Map<string, Assumption>();
  for (const { hops } of branches) {
    for (const { assumes } of hops) {
      for (const each of assumes ?? []) unique.set(`${assumptionKinds.indexOf(each.about)} ${each.detail}`, each);
    }
  }
  return [...unique].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, each]) => each);
}
