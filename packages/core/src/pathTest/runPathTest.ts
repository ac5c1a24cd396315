import {
  showCaller,
  showUrl,
  type Trace,
  type TraceRequest,
  type TraceWorld,
  trace,
  usualRequest,
} from "../trace/index.ts";
import { callersOf, type Quantifier, quantifierOf } from "./callers.ts";
import { hostsOf } from "./hosts.ts";
import { decidingObjects, type JudgedTrace, judgeTrace } from "./judgeTrace.ts";
import type { PathTest, PathTestCounts, PathTestExample, PathTestResult } from "./pathTest.ts";

/** Every request that a test is about. */
export function requestsOf(world: TraceWorld, test: PathTest): readonly TraceRequest[] {
  return callersOf(world, test.from).found.flatMap((caller) =>
    hostsOf(world, test.to, caller).found.map((url) => requestOf(test, caller, url)),
  );
}

/** Every request that a test is about, and what the trace of each says of it. */
export function runPathTest(world: TraceWorld, test: PathTest): PathTestResult {
  const { from, to, expect } = test;
  const [callers, hosts] = [quantifierOf(from), quantifierOf(to)];
  const ways = callers === "none" || hosts === "none" ? "any" : "all";
  const { found, untold } = callersOf(world, from);
  const outcomes = found.map((caller): Outcome => {
    const called = hostsOf(world, to, caller);
    const leaves = called.found.map((url) => {
      const found = trace(world, requestOf(test, caller, url));
      return outcomeOf(found, judgeTrace(world, found, expect, ways));
    });
    return combine(hosts, [...leaves, ...called.untold.map(unknown)]);
  });
  return resultOf(test, combine(callers, [...outcomes, ...untold.map(unknown)]));
}

function requestOf({ from, to }: PathTest, caller: TraceRequest["from"], url: TraceRequest["url"]): TraceRequest {
  const { token, clientCertificate } = from;
  const usual = usualRequest(url.scheme);
  const headers = Object.entries(to.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  const sent = {
    method: to.method ?? usual.method,
    url,
    headers: { ...usual.headers, ...Object.fromEntries(headers) },
    ...(token === undefined
      ? {}
      : { claims: Object.fromEntries(Object.entries(token).map(([name, value]) => [name, [value].flat()])) }),
    ...(clientCertificate === undefined ? {} : { clientCertificate: { subjectAltNames: clientCertificate } }),
  };
  return "outside" in caller ? { from: caller, ...sent } : { from: caller, ...sent };
}

/** One request, or several together. */
interface Outcome {
  readonly holds: boolean | undefined;
  readonly why: string;
  readonly isEmpty: boolean;
  readonly counts: PathTestCounts;
  readonly example: PathTestExample | undefined;
  /** Caller and URL of the requests that decide. */
  readonly deciding: readonly string[];
}

function outcomeOf(found: Trace, { holds, why, isEmpty = false, branch }: JudgedTrace): Outcome {
  const { request } = found;
  const [caller, url] = [showCaller(request), showUrl(request.url)];
  const counts = { met: holds === true ? 1 : 0, unmet: holds === false ? 1 : 0, untold: holds === undefined ? 1 : 0 };
  const example = {
    caller,
    url,
    why,
    trace: found,
    branch: branch === undefined ? 0 : found.branches.indexOf(branch),
    objects: decidingObjects(branch),
  };
  return { holds, why, isEmpty, counts, example, deciding: [`${caller} to ${url}`] };
}

function unknown(why: string): Outcome {
  const counts = { met: 0, unmet: 0, untold: 0 };
  return { holds: undefined, why, isEmpty: false, counts, example: undefined, deciding: [] };
}

/** All that is expected of the one, some or none of several. What decides it is its example. */
function combine(quantifier: Quantifier, outcomes: readonly Outcome[]): Outcome {
  const counts = outcomes.reduce(
    (sum, { counts: { met, unmet, untold } }) => ({
      met: sum.met + met,
      unmet: sum.unmet + unmet,
      untold: sum.untold + untold,
    }),
    { met: 0, unmet: 0, untold: 0 },
  );
  const of = (holds: boolean | undefined) => outcomes.filter((each) => each.holds === holds);
  const [met, unmet, untold] = [of(true), of(false), of(undefined)];
  const told = (holds: boolean, from: readonly Outcome[]): Outcome => ({
    ...(from.find(({ isEmpty }) => !isEmpty) ?? from[0] ?? unknown("nothing was tested")),
    holds,
    isEmpty: from.every(({ isEmpty }) => isEmpty),
    counts,
    deciding: from.flatMap(({ deciding }) => deciding).slice(0, 11),
  });
  const doubt = { ...(untold[0] ?? unknown("nothing was tested")), counts };
  if (outcomes.length === 0) return doubt;
  switch (quantifier) {
    case "every":
      if (unmet.length > 0) return told(false, unmet);
      return untold.length > 0 ? doubt : told(true, met);
    case "some":
      if (met.length > 0) return told(true, met);
      return untold.length > 0 ? doubt : told(false, unmet);
    case "none":
      if (met.length > 0) return told(false, met);
      return untold.length > 0 ? doubt : told(true, unmet);
  }
}

function resultOf(test: PathTest, { holds, why, isEmpty, counts, example, deciding }: Outcome): PathTestResult {
  const isNothing = holds === true && isEmpty;
  const verdict = holds === undefined || isNothing ? "untold" : holds ? "pass" : "fail";
  const assumes = verdict === "pass" ? (example?.trace.assumes ?? []).map(({ detail }) => detail) : [];
  return {
    test,
    verdict,
    why: isNothing ? `nothing was tested: ${why}` : why,
    counts,
    ...(example === undefined ? {} : { example }),
    others: verdict === "fail" ? deciding.slice(1) : [],
    assumes,
  };
}
