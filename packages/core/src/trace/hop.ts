import type { Place } from "../findings/place.ts";
import type { BrokenHop, PassedHop, TraceHop } from "./traceResult.ts";

/** Makes hops short to write: `passed({name, cluster, detail, source})`. */
export function passed(hop: Omit<PassedHop, "status">): PassedHop {
  return { ...hop, status: "ok" };
}

export function unsure(hop: Omit<PassedHop, "status">): PassedHop {
  return { ...hop, status: "unknown" };
}

export function broken(hop: Omit<BrokenHop, "status">): BrokenHop {
  return { ...hop, status: "broken" };
}

/** The object and field that a hop is about. */
export function placeOfHop({ cluster, object, field }: TraceHop): Place {
  return { ...(cluster === undefined ? {} : { cluster }), ...object, ...(field === undefined ? {} : { field }) };
}
