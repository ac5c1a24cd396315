import { istioClusters } from "../istio/index.ts";
import type { Compiled, Intents, Observed } from "../model/index.ts";
import { link } from "./link/link.ts";
import { compileTasks } from "./tasks.ts";

/**
 * The objects that every observed cluster should hold for the declared intents. Deterministic: the order of the input, and
 * of the objects in `observed`, does not show in the result.
 */
export function compile(intents: Intents, observed: Observed): Compiled {
  const world = { intents, observed, facts: istioClusters(observed, intents) };
  return link(
    compileTasks(intents).map(({ run }) => run(world)),
    world,
  ).compiled;
}
