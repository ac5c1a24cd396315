import type { Lab } from "../../src/index.ts";
import type { Outside } from "./outside.ts";
import type { Scenario } from "./scenario.ts";
import { placeOf } from "./traceMesh.ts";
import type { Placed } from "./wave.ts";

/** Slot 0 is shared by those that only use names of their own; the others take a slot, or the whole mesh, for themselves. */
export function placeScenarios(
  { lab, outside }: { readonly lab: Lab; readonly outside: Outside },
  scenarios: readonly Scenario[],
  slots: number,
): readonly (readonly Placed[])[] {
  const numbered = scenarios.map((scenario, index) => ({ scenario, id: `t${`${index}`.padStart(3, "0")}` }));
  const of = (reach: Scenario["reach"]) => numbered.filter(({ scenario }) => scenario.reach === reach);
  const place = ({ scenario, id }: (typeof numbered)[number], slot: number): Placed => ({
    scenario,
    place: placeOf(lab, outside, { id, slot }),
  });
  const [names, alone] = [of("names"), of("slot")];
  const count = Math.max(Math.ceil(alone.length / (slots - 1)), Math.ceil(names.length / 25));
  const perWave = Math.ceil(names.length / count);
  const waves = Array.from({ length: count }, (_, wave) => [
    ...names.slice(wave * perWave, (wave + 1) * perWave).map((each) => place(each, 0)),
    ...alone.slice(wave * (slots - 1), (wave + 1) * (slots - 1)).map((each, index) => place(each, index + 1)),
  ]);
  return [...waves, ...of("mesh").map((each) => [place(each, 1)])];
}
