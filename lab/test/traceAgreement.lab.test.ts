import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Lab, startLab } from "../src/index.ts";
import type { Score } from "./trace/agreementReport.ts";
import { combinations } from "./trace/combinations.ts";
import { compare } from "./trace/compare.ts";
import { compiledScenarios } from "./trace/compiledScenarios.ts";
import { judge } from "./trace/judge.ts";
import { type Outside, startOutside } from "./trace/outside.ts";
import { recordVerdicts, recordWorld } from "./trace/record.ts";
import { allScenarios, recordedScenarios } from "./trace/scenarios.ts";
import { createSlots } from "./trace/traceMesh.ts";

/** What `trace` says of hundreds of configurations, most of them broken in some way, is what real Envoys do. */

const slots = 6;
let home: string;
let lab: Lab;
let outside: Outside;

async function start(roots: "shared" | "separate"): Promise<void> {
  home = await mkdtemp(join(tmpdir(), "isthmus-trace-"));
  lab = await startLab({ home, clusters: 2, roots });
  outside = await startOutside(lab, home);
  await createSlots(lab, outside, slots);
}

afterEach(async () => {
  await outside?.[Symbol.asyncDispose]();
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

function share({ compared, agreed }: Score): number {
  return compared === 0 ? 1 : agreed / compared;
}

test("what trace says of hundreds of configurations is what Envoy does", { timeout: 1_800_000 }, async () => {
  await start("shared");

  const judgement = await judge({ lab, outside, slots }, (observed) => [
    ...allScenarios(),
    ...combinations(40, 1),
    ...compiledScenarios(observed),
  ]);
  const { verdicts, figures, ofUsers, disagreeing, wrong } = await compare(lab, judgement);
  const { refused } = judgement;
  if (process.env.TRACE_RECORD !== undefined) {
    await recordWorld(lab, judgement.first);
    await recordVerdicts(verdicts, new Set(recordedScenarios().map(({ title }) => title)));
  }

  expect(disagreeing.join("\n\n")).toBe("");
  const refusedOfUsers = recordedScenarios().filter(({ title }) => refused.has(title));
  expect(refusedOfUsers.map(({ title }) => `${title}: ${refused.get(title)}`)).toEqual([]);
  expect(figures.scenarios).toBeGreaterThanOrEqual(600);
  // What cannot be told must be rare: ports that no container declares.
  expect(figures.unknown).toBeLessThan(0.05 * figures.calls);
  expect(ofUsers.unknown).toBeLessThan(0.03 * ofUsers.calls);
  for (const each of [figures, ofUsers]) {
    expect(share(each.blame), wrong.join("\n\n")).toBeGreaterThanOrEqual(0.98);
    expect(share(each.status), wrong.join("\n\n")).toBeGreaterThanOrEqual(0.99);
    expect(share(each.flags), wrong.join("\n\n")).toBeGreaterThanOrEqual(0.98);
  }
});

test("clusters with roots of their own do not trust each other", { timeout: 300_000 }, async () => {
  await start("separate");
  const titles = ["as it should be", "any server will do", "TLS is off", "word for word", "with the tlsMode label"];
  const scenarios = allScenarios().filter(({ title }) => titles.some((each) => title.endsWith(each)));

  const judgement = await judge({ lab, outside, slots }, () => scenarios);
  const { disagreeing, figures, wrong } = await compare(lab, judgement);

  expect(disagreeing.join("\n\n")).toBe("");
  expect(judgement.judged.some(({ trace: { blamed } }) => blamed?.code === "TRACE_TRUST")).toBe(true);
  expect(share(figures.blame), wrong.join("\n\n")).toBeGreaterThanOrEqual(0.95);
});
