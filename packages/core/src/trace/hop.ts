import { factsOf, type Place, sentenceOf, type Words } from "../findings/index.ts";
import type { BrokenHop, PassedHop, TraceHop } from "./traceResult.ts";

/** Makes hops short to write: `passed({name, cluster, detail, source})`. */
export function passed(hop: Omit<PassedHop, "status"> & { readonly status?: never }): PassedHop {
  // The field first: to add one to a spread takes V8 a microsecond, and each request has a dozen hops.
  return { status: "ok", ...hop };
}

/** What a hop is made from: its text and what that is made of come from the same sentences. */
type Draft<Hop> = Omit<Hop, "status" | "detail" | "fix" | "params" | "refs"> & { readonly detail: Words };

export function unsure(hop: Draft<PassedHop>): PassedHop {
  const detail = sentenceOf(hop.detail);
  return { ...hop, status: "unknown", ...factsOf([detail]), detail: detail.text };
}

export function broken(hop: Draft<BrokenHop> & { readonly fix: Words }): BrokenHop {
  const [detail, fix] = [sentenceOf(hop.detail), sentenceOf(hop.fix)];
  return { ...hop, status: "broken", ...factsOf([detail, fix]), detail: detail.text, fix: fix.text };
}

/** The object and field that a hop is about. */
export function placeOfHop({ cluster, object, field }: TraceHop): Place {
  return { ...(cluster === undefined ? {} : { cluster }), ...object, ...(field === undefined ? {} : { field }) };
}
