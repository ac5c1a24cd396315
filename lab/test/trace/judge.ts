import type { Observed } from "@isthmus/core";
import { type Trace, type TraceWorld, traceWorld } from "@isthmus/core/trace";
import { observe } from "@isthmus/engine";
import type { Lab } from "../../src/index.ts";
import { openLabTargets } from "../openLabTargets.ts";
import { callsFor, hasSeveralEnds } from "./agreement.ts";
import type { Outside } from "./outside.ts";
import { placeScenarios } from "./placeScenarios.ts";
import { isByName, requestAtGateway, requestOf } from "./requestOf.ts";
import type { Scenario } from "./scenario.ts";
import { traced } from "./traced.ts";
import { type CallsOf, type Placed, type PlacedCall, type PlannedCall, Waves } from "./wave.ts";

/** A call with what happened to it each time that it was made, and what trace says. */
export interface Judged extends PlannedCall {
  readonly calls: readonly PlacedCall[];
  readonly trace: Trace;
  /** The same, but that a client outside is told which gateway the name leads to: the one that the wire's client called. */
  readonly atGateway: Trace;
}

export interface Judgement {
  /** The mesh before the first scenario. */
  readonly first: Observed;
  readonly judged: readonly Judged[];
  /** Scenarios that an API server, or istiod's validation, did not take, and why. */
  readonly refused: ReadonlyMap<string, string>;
}

interface Mesh {
  readonly lab: Lab;
  readonly outside: Outside;
  readonly slots: number;
}

/**
 * Each wave of scenarios applied, observed as the product does it, traced, and called: by the calls of the scenarios, or by those that
 * `callsIn` makes of a wave.
 */
export async function judge(
  mesh: Mesh,
  scenariosOf: (observed: Observed) => readonly Scenario[],
  callsIn?: (world: TraceWorld, wave: readonly Placed[]) => CallsOf,
): Promise<Judgement> {
  const { lab, outside, slots } = mesh;
  const targets = await openLabTargets(lab, ["cluster1", "cluster2"]);
  const waves = new Waves(lab, outside);
  const judged: Judged[] = [];
  const refused = new Map<string, string>();
  const { observed: first } = await observe(targets);
  const all = placeScenarios(mesh, chosen(scenariosOf(first)), slots);
  // A scenario that cannot be made is found before any of them takes time.
  for (const { scenario, place } of all.flat()) scenario.objects(place);
  for (const placed of all) {
    await waves.apply(placed).catch((error: unknown) => {
      for (const { place } of placed) waves.refused.set(place.id, `${error}`);
    });
    for (const { scenario, place } of placed) {
      const why = waves.refused.get(place.id);
      if (why !== undefined) refused.set(scenario.title, why);
    }
    const taken = placed.filter(({ place }) => !waves.refused.has(place.id));
    const { observed } = await observe(targets);
    const world = traceWorld(observed);
    const answered = await waves.call(taken, callsIn?.(world, taken));
    const told = answered.map((each) => {
      const found = traced(world, requestOf(each));
      return { each, found, atGateway: isByName(each) ? traced(world, requestAtGateway(each)) : found };
    });
    const ofWave = told.map(async ({ each, found, atGateway }): Promise<Judged> => {
      const { spread } = each.scenario;
      const isOften = !each.isSettled || spread !== undefined || hasSeveralEnds(atGateway, spread);
      const more = isOften ? await waves.repeat(each, callsFor(atGateway, spread)) : [];
      const { answer: _, ...planned } = each;
      return { ...planned, calls: isOften ? more : [each], trace: found, atGateway };
    });
    judged.push(...(await Promise.all(ofWave)));
  }
  await waves.end();
  for (const target of targets.values()) await target.close();
  return { first, judged, refused };
}

/** Those that `$TRACE_ONLY`, a regular expression, is in the title of; all where it is not set. */
function chosen(all: readonly Scenario[]): readonly Scenario[] {
  const only = new RegExp(process.env.TRACE_ONLY ?? "");
  return all.filter(({ title }) => only.test(title));
}
