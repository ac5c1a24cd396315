import type { AccessLogEntry } from "../../src/index.ts";
import type { WireAnswer } from "./wireCall.ts";
import { type Evidence, wireHops } from "./wireHops.ts";

/** What one call came to on the wire, in words that a trace's outcome can be held against. */
export interface Sighting {
  /** `answered`: by an app, whatever its status; `refused`: by a proxy, with `status`; `unreachable`: nothing takes the client's connection. */
  readonly end: "answered" | "refused" | "reset" | "unreachable" | "no-such-host" | "timeout";
  readonly status?: number;
  /** `cluster2/web-v1-1` or `outside`: who answered, where that can be told. */
  readonly by?: string;
  /** Envoy's response flags, at the proxy that answered in the app's place or closed the connection; `-` for none. */
  readonly flags?: string;
  /** Hops that may be blamed. */
  readonly hops?: readonly string[];
}

export function sightingOf(answer: WireAnswer, evidence: Evidence): Sighting {
  const end = endOf(answer);
  if (end === "answered") {
    const by = answer.by ?? evidence.servedBy;
    return { end, status: answer.status, ...(by === undefined ? {} : { by }) };
  }
  const flags = flagsOf(end, evidence);
  const hops = wireHops(answer, evidence);
  return {
    end,
    ...(end === "refused" ? { status: answer.status } : {}),
    ...(flags === undefined ? {} : { flags }),
    ...(hops.length === 0 ? {} : { hops }),
  };
}

function endOf({ answered, exitCode, status }: WireAnswer): Sighting["end"] {
  if (answered) return "answered";
  if (exitCode === 7) return "unreachable";
  if (exitCode === 6) return "no-such-host";
  if (exitCode === 28) return "timeout";
  return status === 0 ? "reset" : "refused";
}

/**
 * A proxy that passes an answer on says `via_upstream`: the first one that does not gave it. Of a connection that is closed every
 * proxy on the way has something to say.
 */
function flagsOf(end: Sighting["end"], { client, gateway, server }: Evidence): string | undefined {
  if (end === "refused") {
    const isHttp = ({ response_code: code = 0 }: AccessLogEntry) => code > 0;
    const last = [client, gateway, server].flatMap((entries) => entries.filter(isHttp).at(-1) ?? []);
    const decider = last.find(({ response_code_details: details }) => details !== "via_upstream");
    return decider === undefined ? undefined : sortedFlags([decider]);
  }
  const all = [...client, ...gateway, ...server];
  return all.length === 0 ? undefined : sortedFlags(all);
}

function sortedFlags(entries: readonly AccessLogEntry[]): string {
  const flags = entries.flatMap(({ response_flags: flags = "-" }) => flags.split(","));
  const told = [...new Set(flags)].filter((flag) => flag !== "-").sort();
  return told.length === 0 ? "-" : told.join(",");
}
