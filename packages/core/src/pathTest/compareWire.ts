import { isAnswered, type WireCall } from "../doctor/index.ts";
import { seenBranches, showOutcome, type Trace, type TraceOutcome } from "../trace/index.ts";

/** A call and the trace of the same request. */
export interface WireComparison {
  /** Undefined: the paper does not tell. */
  readonly isSame: boolean | undefined;
  /** For people. */
  readonly paper: string;
  readonly wire: string;
}

/** Whether what came of a call is one of the ends that its trace has. */
export function compareWire({ branches }: Trace, call: WireCall): WireComparison {
  const outcomes = seenBranches(branches).map(({ outcome }) => outcome);
  const paper = [...new Set(outcomes.map(showOutcome))].join(", or ");
  const wire = showCall(call);
  if (outcomes.some(({ kind }) => kind === "unknown")) return { isSame: undefined, paper, wire };
  return { isSame: outcomes.some((outcome) => endsOfCall(call).includes(endOf(outcome))), paper, wire };
}

/** What a client can tell apart. */
function endOf(outcome: TraceOutcome): string {
  switch (outcome.kind) {
    case "answered":
      return outcome.by.type === "proxy" ? `status ${outcome.status ?? ""}` : "answered";
    case "refused":
      return outcome.status === undefined ? "reset" : `status ${outcome.status}`;
    default:
      return outcome.kind;
  }
}

/**
 * By curl's exit codes (https://curl.se/docs/manpage.html#EXIT). A redirect or a direct response of a proxy's looks like an
 * answer of the app.
 */
function endsOfCall(call: WireCall): readonly string[] {
  if (call.exitCode === 6) return ["no-such-host"];
  if (call.exitCode === 28) return ["timeout"];
  if (call.exitCode !== 0) return ["reset"];
  return isAnswered(call) ? ["answered", `status ${call.status}`] : [`status ${call.status}`];
}

function showCall(call: WireCall): string {
  const { exitCode, status, error } = call;
  if (exitCode !== 0) return `no answer: ${error === "" ? `curl's exit code ${exitCode}` : error}`;
  return isAnswered(call) ? `answered with ${status}` : `refused with ${status}`;
}
