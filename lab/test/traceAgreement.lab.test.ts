import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { type Lab, startLab } from "../src/index.ts";
import { figuresOf, type Score, showUntold, showVerdict, verdictOf, wrongParts } from "./trace/agreementReport.ts";
import { combinations } from "./trace/combinations.ts";
import { compiledScenarios } from "./trace/compiledScenarios.ts";
import { accessLogDelay, readEvidence } from "./trace/evidence.ts";
import { type Judgement, judge } from "./trace/judge.ts";
import { type Outside, startOutside } from "./trace/outside.ts";
import { recordVerdicts, recordWorld } from "./trace/record.ts";
import { allScenarios, recordedScenarios } from "./trace/scenarios.ts";
import { sightingOf } from "./trace/sighting.ts";
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

/** Compares all, and appends to `$TRACE_REPORT` the figures, what could not be told and what disagrees. */
async function compare({ judged, refused }: Judgement) {
  await sleep(accessLogDelay);
  const evidenceOf = await readEvidence(
    lab,
    judged.flatMap(({ calls }) => calls),
  );
  const verdicts = judged.map((each) =>
    verdictOf(
      each,
      each.calls.map((call) => sightingOf(call.answer, evidenceOf(call))),
    ),
  );
  const show = (each: (typeof verdicts)[number]) => {
    const failed = each.judged.calls.find(({ answer }) => !answer.answered) ?? each.judged.calls[0];
    return failed === undefined ? each.judged.scenario.title : showVerdict(each, evidenceOf(failed));
  };
  const wrong = verdicts.filter(({ agreement }) => wrongParts(agreement).length > 0);
  const figures = figuresOf(verdicts);
  const isNew = new Set(recordedScenarios().map(({ title }) => title));
  const ofUsers = figuresOf(verdicts.filter(({ judged: { scenario } }) => isNew.has(scenario.title)));
  const disagreeing = wrong.filter(({ agreement }) => agreement.verdict === "disagrees" || agreement.spread === false);
  const file = process.env.TRACE_REPORT;
  if (file !== undefined) {
    const report = [
      ...[JSON.stringify(figures), JSON.stringify(ofUsers), ...[...refused].map((each) => each.join(": "))],
      ...verdicts.filter(({ agreement }) => agreement.verdict === "unknown").map(showUntold),
      ...wrong.map(show),
    ];
    await appendFile(file, `${report.join("\n\n")}\n\n`);
  }
  return { verdicts, figures, ofUsers, refused, disagreeing: disagreeing.map(show), wrong: wrong.map(show) };
}

function share({ compared, agreed }: Score): number {
  return compared === 0 ? 1 : agreed / compared;
}

test("what trace says of hundreds of configurations is what Envoy does", { timeout: 1_200_000 }, async () => {
  await start("shared");

  const judgement = await judge({ lab, outside, slots }, (observed) => [
    ...allScenarios(),
    ...combinations(40, 1),
    ...compiledScenarios(observed),
  ]);
  const { verdicts, figures, ofUsers, refused, disagreeing, wrong } = await compare(judgement);
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
  const { disagreeing, figures, wrong } = await compare(judgement);

  expect(disagreeing.join("\n\n")).toBe("");
  expect(judgement.judged.some(({ trace: { blamed } }) => blamed?.code === "TRACE_TRUST")).toBe(true);
  expect(share(figures.blame), wrong.join("\n\n")).toBeGreaterThanOrEqual(0.95);
});
