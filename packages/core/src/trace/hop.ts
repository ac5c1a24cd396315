import type { BrokenHop, PassedHop } from "./traceResult.ts";

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
