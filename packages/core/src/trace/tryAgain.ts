import { isRetried, type RetryPolicy, type UpstreamFailure } from "../istio/upstream/index.ts";
import type { Attempt } from "./attempt.ts";
import type { TraceBranch } from "./traceResult.ts";

/** A try of a proxy with what became of it. */
export interface Tried {
  readonly attempt: Attempt;
  readonly branches: readonly TraceBranch[];
}

/**
 * What the caller of a proxy sees of its tries: failures that the proxy makes up for by a try at another endpoint of the same
 * upstream cluster are `retried`. Where more endpoints fail than it tries, a part of them is seen.
 */
export function tryAgain(tried: readonly Tried[]): readonly TraceBranch[] {
  return tried.flatMap(({ attempt, branches }) => {
    const { retries } = attempt;
    if (retries === undefined) return branches;
    const others = hostsOf(tried.filter((each) => each.attempt.pick === attempt.pick));
    return branches.flatMap((branch) => {
      const failure = failureOf(branch, attempt);
      return failure === undefined || !isRetried(retries, failure)
        ? [branch]
        : split(branch, failure.kind === "response" ? branch : givenUp(branch, retries), { retries, hosts: others });
    });
  });
}

/** Endpoints of an upstream cluster: those that answer always, those that fail, and those that cannot be told. */
interface Hosts {
  readonly answering: number;
  readonly failing: number;
  readonly untold: number;
}

function hostsOf(tried: readonly Tried[]): Hosts {
  const hosts = { answering: 0, failing: 0, untold: 0 };
  for (const { attempt, branches } of tried) {
    const seen = branches.filter((branch) => branch.isRetried !== true);
    const kinds = seen.map(({ outcome }) => outcome.kind);
    if (kinds.every((kind) => kind === "answered")) hosts.answering += attempt.hosts;
    else if (kinds.every((kind) => kind === "answered" || kind === "unknown")) hosts.untold += attempt.hosts;
    else hosts.failing += attempt.hosts;
  }
  return hosts;
}

/** How the proxy that made the attempt sees a failure; undefined where it is none, or one that no proxy tries again. */
function failureOf(
  { outcome, isRelayed, isRetried: isMadeUp }: TraceBranch,
  { payload }: Attempt,
): UpstreamFailure | undefined {
  if (outcome.kind !== "refused" || isMadeUp === true) return undefined;
  const { status, responseFlag = "" } = outcome;
  if (isRelayed !== true && responseFlag.startsWith("UF")) return { kind: "connect" };
  if (isRelayed !== true && responseFlag.startsWith("UC")) return { kind: "reset" };
  if (isRelayed !== true && /^(UH|NC)/.test(responseFlag)) return undefined;
  if (status === undefined) return undefined;
  const isGrpc = payload.kind === "http" && (payload.clientVersion ?? payload.version) === "http2";
  return { kind: "response", status, isGrpc };
}

/** The part that a retry makes up for, the part that is seen, and the part that cannot be told. */
function split(
  branch: TraceBranch,
  last: TraceBranch,
  { retries, hosts }: { readonly retries: RetryPolicy; readonly hosts: Hosts },
): readonly TraceBranch[] {
  const all = hosts.answering + hosts.failing + hosts.untold;
  const most = failsAgain(retries, hosts.failing + hosts.untold, all);
  const least = failsAgain(retries, hosts.failing, all);
  const parts: readonly TraceBranch[] = [
    { ...branch, probability: branch.probability * (1 - most), isRetried: true },
    { ...last, probability: branch.probability * least },
    {
      ...branch,
      probability: branch.probability * (most - least),
      outcome: { kind: "unknown", why: "whether another endpoint, which is tried then, answers cannot be told" },
    },
  ];
  return parts.filter(({ probability }) => probability > 0);
}

/** Envoy's flag `URX` says that it was tried as often as it may be. */
function givenUp(branch: TraceBranch, { retries }: RetryPolicy): TraceBranch {
  const { outcome } = branch;
  if (outcome.kind !== "refused" || outcome.responseFlag === undefined || retries === 0) return branch;
  return { ...branch, outcome: { ...outcome, responseFlag: `${outcome.responseFlag},URX` } };
}

/** How likely it is, after a failure at one of `failing` endpoints out of `all`, that all further tries fail as well. */
function failsAgain({ retries, avoidsPreviousHosts, staysAtHost }: RetryPolicy, failing: number, all: number): number {
  if (staysAtHost) return 1;
  if (!avoidsPreviousHosts) return (failing / all) ** retries;
  let share = 1;
  // Where none is left, the same are tried again.
  for (let tries = 1; tries <= retries && tries < all && share > 0; tries += 1) {
    share *= Math.max(0, failing - tries) / (all - tries);
  }
  return share;
}
