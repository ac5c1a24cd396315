import { appendFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../../src/index.ts";
import {
  type Figures,
  figuresOf,
  showUntold,
  showVerdict,
  type Verdict,
  verdictOf,
  wrongParts,
} from "./agreementReport.ts";
import { accessLogDelay, readEvidence } from "./evidence.ts";
import type { Judgement } from "./judge.ts";
import { recordedScenarios } from "./scenarios.ts";
import { sightingOf } from "./sighting.ts";

export interface Comparison {
  readonly verdicts: readonly Verdict[];
  readonly figures: Figures;
  /** Of scenarios that are recorded. */
  readonly ofUsers: Figures;
  /** Each as text: those whose verdict or spread is another, and those of which any part is. */
  readonly disagreeing: readonly string[];
  readonly wrong: readonly string[];
}

/** Compares all, and appends to `$TRACE_REPORT` the figures, what could not be told and what disagrees. */
export async function compare(lab: Lab, { judged, refused }: Judgement): Promise<Comparison> {
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
  const show = (each: Verdict) => {
    const failed = each.judged.calls.find(({ answer }) => !answer.answered) ?? each.judged.calls[0];
    return failed === undefined ? each.judged.scenario.title : showVerdict(each, evidenceOf(failed));
  };
  const wrong = verdicts.filter(({ agreement }) => wrongParts(agreement).length > 0);
  const figures = figuresOf(verdicts);
  const isRecorded = new Set(recordedScenarios().map(({ title }) => title));
  const ofUsers = figuresOf(verdicts.filter(({ judged: { scenario } }) => isRecorded.has(scenario.title)));
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
  return { verdicts, figures, ofUsers, disagreeing: disagreeing.map(show), wrong: wrong.map(show) };
}
