import { type Recipe, scenarioOf, type Variant } from "./recipe.ts";
import type { Scenario } from "./scenario.ts";
import { variants } from "./variants.ts";

/**
 * Pairs of variants of one recipe, chosen by a seed: what one of them hides another may show. A pair that edits what the other
 * has taken away is none.
 */
export function combinations(count: number, seed: number): readonly Scenario[] {
  const random = randomNumbers(seed);
  const chosen = new Map<string, Scenario>();
  while (chosen.size < count) {
    const [recipe, list] = pick(variants, random);
    const candidates = list.filter(({ edits, cluster1, cluster2 }) => edits.length > 0 && !cluster1 && !cluster2);
    const both = [pick(candidates, random), pick(candidates, random)];
    const scenario = combine(recipe, both);
    if (scenario !== undefined) chosen.set(scenario.title, scenario);
  }
  return [...chosen.values()];
}

function combine(recipe: Recipe, [first, second]: readonly Variant[]): Scenario | undefined {
  if (first === undefined || second === undefined || first === second) return undefined;
  const scenario = scenarioOf(recipe, {
    title: `${first.title}; ${second.title}`,
    edits: [...first.edits, ...second.edits],
    reach: "slot",
    ...(second.calls === undefined ? {} : { calls: second.calls }),
  });
  try {
    scenario.objects(anyPlace);
    return scenario;
  } catch {
    return undefined;
  }
}

const anyPlace = {
  id: "t000",
  slot: 1,
  client: "c",
  server: "s",
  gateway: "g",
  gatewayAddress: "",
  outside: "",
  keySet: "",
  authorityFile: "",
  ports: { tls: 1, http: 2, https: 3 },
};

export function pick<T>(list: readonly T[], random: () => number): T {
  const found = list[Math.floor(random() * list.length)];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
}

/** Numbers in 0..1, the same for the same seed: mulberry32 by Tommy Ettinger (public domain). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
