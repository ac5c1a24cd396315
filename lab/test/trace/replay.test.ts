import { type Trace, traceWorld } from "@isthmus/core/trace";
import { expect, test } from "vitest";
import { agreementOf, isUntold } from "./agreement.ts";
import { wrongParts } from "./agreementReport.ts";
import { readKnown, readRecorded, readRecordedWorld } from "./record.ts";
import { recordedPlace, replayed } from "./replay.ts";
import { isByName, requestAtGateway, requestOf } from "./requestOf.ts";
import type { Scenario } from "./scenario.ts";
import { recordedScenarios } from "./scenarios.ts";
import { traced } from "./traced.ts";

const recorded = await readRecorded();
const world = await readRecordedWorld();

/** What is known to differ, by title, call and part: it must only become less. */
const known = await readKnown();

/** Each call of each scenario, traced once. */
const tracesOf = new Map(recordedScenarios().map((scenario) => [scenario.title, tracesIn(scenario)] as const));

function tracesIn(scenario: Scenario): readonly Trace[] {
  const observed = traceWorld(replayed(world, scenario));
  return scenario.calls(recordedPlace).map((call) => {
    const placed = { call, place: recordedPlace };
    return traced(observed, isByName(placed) ? requestAtGateway(placed) : requestOf(placed));
  });
}

test("what cannot be told of users' calls is rare", () => {
  const untold = [...tracesOf.values()].flat().map(isUntold);

  expect(untold.filter(Boolean).length).toBeLessThan(0.03 * untold.length);
});

test.each(recordedScenarios())("$title: trace says what was seen on the real mesh", (scenario) => {
  const traces = tracesOf.get(scenario.title) ?? [];
  const seen = recorded[scenario.title] ?? [];

  const wrong = traces.flatMap((found, index) => {
    const sightings = (seen[index] ?? []).flatMap(({ times, ...each }) => Array.from({ length: times }, () => each));
    const agreement = agreementOf({ trace: found, sightings, scenario });
    return wrongParts(agreement)
      .filter((part) => known[scenario.title]?.includes(`${index} ${part}`) !== true)
      .map((part) => `${index} ${part}: ${JSON.stringify(found.branches[0]?.outcome)}`);
  });

  expect(seen).toHaveLength(scenario.calls(recordedPlace).length);
  expect(traces).toHaveLength(seen.length);
  expect(wrong).toEqual([]);
});
