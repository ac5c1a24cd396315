import { setTimeout as delay } from "node:timers/promises";
import { compareWire, type PathTest, type PathTestWire, requestsOf, type WireDifference } from "@isthmus/core/pathTest";
import { showCaller, showUrl, type TraceRequest, trace, type WorkloadRequest } from "@isthmus/core/trace";
import pLimit from "p-limit";
import { type CallerCall, callAsCaller } from "../doctor/callAsCaller.ts";

/** Of one test; more of the same tell little, and take their time. */
const mostCalls = 100;
const callsAtOnce = 4;
/** A proxy may be a little late: what differs is called again, after so many milliseconds. */
const callAgain = [1000, 3000];

interface Called {
  readonly left?: string;
  readonly difference?: WireDifference;
}

/** Makes those requests of a test that can be made, from their callers' pods. Throws only the reason of a signal that stops. */
export async function callPathTest(
  test: PathTest,
  context: Omit<CallerCall, "request">,
  again: readonly number[] = callAgain,
): Promise<PathTestWire> {
  const requests = [...requestsOf(context.world, test)];
  const beyond = requests.splice(mostCalls).map((): Called => ({ left: `beyond the first ${mostCalls} of a test` }));
  const called = [
    ...beyond,
    ...(await pLimit(callsAtOnce).map(requests, (request) => callOnce(request, context, again))),
  ];
  const left: Record<string, number> = {};
  for (const { left: why } of called) if (why !== undefined) left[why] = (left[why] ?? 0) + 1;
  return {
    calls: called.filter((each) => each.left === undefined).length,
    left,
    differs: called.flatMap(({ difference }) => (difference === undefined ? [] : [difference])),
  };
}

async function callOnce(
  request: TraceRequest,
  context: Omit<CallerCall, "request">,
  again: readonly number[],
): Promise<Called> {
  const why = whyNot(request);
  if (why !== undefined || !isOfWorkload(request)) return { left: why ?? "" };
  const paper = trace(context.world, request);
  for (const [index, pause] of [0, ...again].entries()) {
    await delay(pause, undefined, context.signal === undefined ? {} : { signal: context.signal });
    const wire = await callAsCaller({ ...context, request });
    if ("unseen" in wire) return { left: wire.unseen };
    if (wire.exitCode === 126 || wire.exitCode === 127) return { left: "the app's container has no curl" };
    const compared = compareWire(paper, wire);
    if (compared.isSame === undefined) return { left: "cannot be told on paper" };
    if (compared.isSame) return {};
    if (index === again.length) {
      const { paper: told, wire: seen } = compared;
      return { difference: { caller: showCaller(request), url: showUrl(request.url), paper: told, wire: seen } };
    }
  }
  return {};
}

function isOfWorkload(request: TraceRequest): request is WorkloadRequest {
  return !("outside" in request.from);
}

/** Why a request cannot be made from here. */
function whyNot({ from, url, claims, clientCertificate }: TraceRequest): string | undefined {
  if ("outside" in from) return "a client outside is not called from here";
  if (url.scheme === "tcp") return "a bare TCP connection is not opened from a pod";
  if (claims !== undefined) return "nobody here can issue its token";
  return clientCertificate === undefined ? undefined : "nobody here has its client certificate";
}
