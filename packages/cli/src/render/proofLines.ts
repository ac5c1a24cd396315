import { showCaller, type Trace } from "@isthmus/core";
import { type ProvenPath, statusOfTrace, type WireProof } from "@isthmus/engine";
import type { LineStatus } from "./hopStatus.ts";
import { renderOutcome } from "./trace.ts";

/** One thing that was looked at for a path. */
export interface ProofLine {
  readonly name: string;
  readonly status: LineStatus;
  readonly detail: string;
}

/** What is in place, in the order of a call; what becomes of a call on paper; what became of one from here at each address. */
export function proofLines({ hops, trace, wire }: ProvenPath): readonly ProofLine[] {
  return [
    ...hops,
    { name: "call", status: statusOfTrace(trace.verdict), detail: callOf(trace) },
    ...(wire === undefined ? [] : wireLines(wire)),
  ];
}

/** What the trace says in one line; the code and the place where it fails. */
function callOf({ blamed, branches, request }: Trace): string {
  const [first] = branches;
  if (blamed === undefined) return first === undefined ? "nothing is known of it" : renderOutcome(first.outcome);
  const { object, field, code, detail } = blamed;
  const place =
    object === undefined
      ? ""
      : ` (${object.kind} ${object.namespace === undefined ? "" : `${object.namespace}/`}${object.name}${field === undefined ? "" : ` ${field}`})`;
  const { url } = request;
  return `${detail}${place}: ${code}, see isthmus trace ${showCaller(request).replace("*", "WORKLOAD")} ${url.scheme}://${url.host}:${url.port}${url.path}`;
}

function wireLines({ probes, detail }: WireProof): readonly ProofLine[] {
  if (probes.length === 0) return [{ name: "wire", status: "not tried", detail: `not tried: ${detail}` }];
  return probes.map((probe) => ({
    name: "wire",
    status: probe.status === "unknown" ? "not tried" : probe.status,
    detail: `${probe.at}: ${probe.detail}${probe.latency === undefined ? "" : ` in ${probe.latency.p50} ms`}`,
  }));
}
