import type { Observed, Problem } from "@isthmus/core";
import { type Reachability, type ReachabilityAsked, reachability } from "@isthmus/core/reachability";
import { traceWorld } from "@isthmus/core/trace";
import { type ObserveOptions, observe } from "../observe/observe.ts";
import type { DeclaredMesh } from "./planMesh.ts";

/** Who reaches what in the clusters as they are. Writes nothing; throws only the reason of an aborted `signal`. */
export async function meshReachability(
  { intents, targets, problems: before = [] }: DeclaredMesh,
  asked: ReachabilityAsked,
  options: ObserveOptions,
): Promise<{ readonly reach: Reachability; readonly observed: Observed; readonly problems: readonly Problem[] }> {
  const { observed, problems } = await observe(targets, options);
  return { reach: reachability(traceWorld(observed, intents), asked), observed, problems: [...before, ...problems] };
}
