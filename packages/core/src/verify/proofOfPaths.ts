import type { DeclaredPath } from "../model/index.ts";
import { type TraceHop, tellingBranch, tracingPaths } from "../trace/index.ts";
import { atOnce } from "../world/index.ts";
import { objectHops } from "./objectHops.ts";
import { type Hop, type PathProof, type ProofStatus, statusOfTrace } from "./pathProof.ts";
import { ProofContext, type ProofInput } from "./proofContext.ts";

/**
 * Each declared path: whether the objects that it needs are as planned, and what becomes of a call, station by station. The
 * stations are those of a trace, so that both say the same. It proves what is written down in the clusters, not that packets
 * pass: a firewall, or a proxy that has not got its configuration yet, does not show here. In the order of `compiled.paths`.
 */
export function proofOfPaths(input: ProofInput): readonly PathProof[] {
  return atOnce(provingPaths(input));
}

/** The same in steps, between which others may have their turn. */
export function* provingPaths(input: ProofInput): Generator<void, readonly PathProof[]> {
  const { intents, compiled, observed } = input;
  const context = new ProofContext(input);
  yield;
  const traces = yield* tracingPaths({ intents, paths: compiled.paths, observed });
  return traces.map((traced) => {
    const { path, trace } = traced;
    const before = [...declarationHop(path, context), ...objectHops(path, context)];
    const stations = tellingBranch(trace).hops.map(hopOfTrace);
    const verdict = worst([...before.map(({ status }) => status), statusOfTrace(trace.verdict)]);
    return { ...traced, hops: [...before, ...stations], verdict };
  });
}

function hopOfTrace({ name, cluster, status, detail, object, field, others, ...more }: TraceHop): Hop {
  return {
    name,
    ...(cluster === undefined ? {} : { cluster }),
    status,
    detail,
    ...(object === undefined ? {} : { object }),
    ...(field === undefined ? {} : { field }),
    ...(others === undefined ? {} : { others }),
    ...("code" in more && more.code !== undefined ? { code: more.code } : {}),
    ...("fix" in more ? { fix: more.fix } : {}),
    ...(more.params === undefined ? {} : { params: more.params }),
    ...(more.refs === undefined ? {} : { refs: more.refs }),
  };
}

/** Only where something is amiss: what it needs is then not known in full. */
function declarationHop({ owner }: DeclaredPath, { held }: ProofContext): readonly Hop[] {
  const reason = held.get(owner);
  return reason === undefined ? [] : [{ name: "declaration", status: "unknown", detail: reason }];
}

function worst(statuses: readonly ProofStatus[]): ProofStatus {
  if (statuses.includes("broken")) return "broken";
  return statuses.includes("unknown") ? "unknown" : "ok";
}
