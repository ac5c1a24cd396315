import { showHostPort } from "../istio/index.ts";
import type { TraceOutcome } from "./traceResult.ts";

/** What the client sees: `503 (UH)`, `connection reset (UF)`. */
export function showOutcome(outcome: TraceOutcome): string {
  switch (outcome.kind) {
    case "answered": {
      const { by } = outcome;
      const status = outcome.status === undefined ? "" : ` with ${outcome.status}`;
      if (by.type === "proxy") return `the proxy would answer${status}`;
      if (by.type === "outside") return `${showHostPort(by.address, by.port)} would answer${status}`;
      return `${by.namespace}/${by.name} in ${by.cluster} would answer${status}, port ${by.port}`;
    }
    case "refused":
      return `refused${outcome.status === undefined ? "" : ` with ${outcome.status}`}${flag(outcome.responseFlag)}`;
    case "reset":
      return `connection closed${flag(outcome.responseFlag)}`;
    case "no-such-host":
      return "no such host";
    case "timeout":
      return "no answer: timeout";
    case "unknown":
      return `cannot be told: ${outcome.why}`;
  }
}

function flag(responseFlag: string | undefined): string {
  return responseFlag === undefined ? "" : ` (Envoy's flag ${responseFlag})`;
}
