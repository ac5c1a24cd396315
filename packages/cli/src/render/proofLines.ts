import { showCaller, showOutcome, showUrl, type Trace, tellingBranch } from "@isthmus/core/trace";
import { type Hop, statusOfTrace } from "@isthmus/core/verify";
import type { ProvenPath, WireProof } from "@isthmus/engine";
import type { LineStatus } from "./hopStatus.ts";
import { placeOf } from "./trace.ts";

/** One thing that was looked at for a path. */
export interface ProofLine {
  readonly name: string;
  readonly status: LineStatus;
  readonly detail: string;
  /** Where it is. */
  readonly cluster?: string;
}

/**
 * What is amiss with the objects, the stations of a call, what a call would come to on paper and what that rests on; what
 * became of one from here at each address.
 */
export function proofLines({ hops, trace, share, wire }: ProvenPath): readonly ProofLine[] {
  const { assumes } = trace;
  return [
    ...hops.flatMap(hopLines),
    { name: "call", status: statusOfTrace(trace.verdict), detail: callOf(trace, share) },
    ...assumes.map(({ detail }) => noted(detail)),
    ...(wire === undefined ? [] : wireLines(wire)),
  ];
}

/** The same, with what is well and follows upon each other in one cluster in one line: `client to endpoints: 6 stations`. */
export function briefLines(proof: ProvenPath): readonly ProofLine[] {
  const before = proof.hops.filter(({ name }) => name === "declaration" || name === "objects").flatMap(hopLines);
  const stations = proof.hops.filter(({ name }) => name !== "declaration" && name !== "objects");
  const runs: Hop[][] = [];
  for (const hop of stations) {
    const run = runs.at(-1);
    const isAlike = run?.every((each) => each.status === "ok" && each.cluster === hop.cluster) && hop.status === "ok";
    if (isAlike === true) run?.push(hop);
    else runs.push([hop]);
  }
  return [...before, ...runs.flatMap(runLines), ...proofLines({ ...proof, hops: [] })];
}

function runLines(run: readonly Hop[]): readonly ProofLine[] {
  const [first, last] = [run[0], run.at(-1)];
  if (first === undefined || last === undefined || run.length === 1) return run.flatMap(hopLines);
  const detail = `${first.name} to ${last.name}: ${run.length} stations`;
  return [{ name: "way", status: "ok", detail, ...(first.cluster === undefined ? {} : { cluster: first.cluster }) }];
}

/** A broken one says where, and what to change. */
function hopLines(hop: Hop): readonly ProofLine[] {
  const { name, status, detail, cluster, others = [], fix } = hop;
  const line = { name, status, detail, ...(cluster === undefined ? {} : { cluster }) };
  if (status !== "broken") return [line];
  const places = [hop, ...others].map(placeOf).filter((place) => place !== "");
  const more = [...places, ...(fix === undefined ? [] : [fix])];
  return [line, ...more.map(noted)];
}

function noted(detail: string): ProofLine {
  return { name: "", status: "noted", detail };
}

/** What the client would see; where it would not get there, the code and how to see more. */
function callOf(trace: Trace, share: number): string {
  const { blamed, request, verdict } = trace;
  const seen = showOutcome(tellingBranch(trace).outcome);
  const now = share === 0 ? "; as things stand, all calls go to other clusters" : "";
  if (verdict === "reaches") return `${seen}${now}${trace.assumes.length === 0 ? "" : ", assuming that"}`;
  if (blamed === undefined) return seen;
  const caller = showCaller(request);
  // Where no workload is there yet, there is none to trace from.
  const more = caller.includes("*") ? "" : `, see isthmus trace ${caller} ${showUrl(request.url)}`;
  return `${seen}: ${blamed.code}${more}`;
}

function wireLines({ probes, detail }: WireProof): readonly ProofLine[] {
  if (probes.length === 0) return [{ name: "wire", status: "not tried", detail: `not tried: ${detail}` }];
  return probes.map((probe) => ({
    name: "wire",
    status: probe.status === "unknown" ? "not tried" : probe.status,
    detail: `${probe.at}: ${probe.detail}${probe.latency === undefined ? "" : ` in ${probe.latency.p50} ms`}`,
  }));
}
