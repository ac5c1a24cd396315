import { showClusterObject } from "../../kinds/index.ts";
import type { TraceBranch } from "../traceResult.ts";
import { type Arrival, broken, failedConnection } from "./arrival.ts";

/**
 * A proxy that a DestinationRule tells to speak TLS wraps what the client sent, also where that is TLS already: whoever ends
 * the outer one finds another inside (pilot/pkg/networking/core/cluster_tls.go). Undefined: it is not so.
 */
export function tlsInTls(
  arrival: Arrival,
  { cluster, who }: { readonly cluster: string /** `the app of pod shop/api-1`. */; readonly who: string },
): readonly TraceBranch[] | undefined {
  if (arrival.transport.mode === "none" || arrival.payload.kind !== "tls") return undefined;
  return wrapped(arrival, { cluster, who, mode: arrival.transport.mode });
}

/** The same where the outer TLS has been ended already, and what it carries should have been HTTP. */
export function wrapped(
  arrival: Arrival,
  { cluster, who, mode }: { readonly cluster: string; readonly who: string; readonly mode: string },
): readonly TraceBranch[] {
  const rule = arrival.hops.findLast(({ name, object }) => name === "policy" && object?.kind === "DestinationRule");
  const { object, field } = rule ?? {};
  const by = object === undefined ? "the caller's proxy" : showClusterObject(object);
  const fault = {
    name: "mutual TLS" as const,
    cluster: object?.cluster ?? cluster,
    ...(object === undefined ? {} : { object }),
    ...(field === undefined ? {} : { field }),
    source: "pilot/pkg/networking/core/cluster_tls.go",
    code: "TRACE_TLS_IN_TLS" as const,
    detail: `${by} wraps the client's own TLS in another (${mode}), and ${who} ends only one`,
    fix: `Let the client speak plain text to its proxy, which then adds the TLS, or set tls.mode DISABLE for the port in ${by}.`,
  };
  return broken(arrival, fault, failedConnection(arrival, "UC"));
}
