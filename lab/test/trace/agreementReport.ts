import { stringify } from "yaml";
import { type Agreement, agreementOf, isUntold } from "./agreement.ts";
import type { Judged } from "./judge.ts";
import type { Sighting } from "./sighting.ts";
import type { Evidence } from "./wireHops.ts";

/** How often trace and wire agree, of those calls in which there was something to compare. */
export interface Figures {
  readonly scenarios: number;
  readonly calls: number;
  readonly unknown: number;
  readonly partly: number;
  /** Of scenarios in which something does not hold that trace rests on, and says so. */
  readonly assumed: number;
  readonly verdicts: Score;
  readonly status: Score;
  readonly flags: Score;
  readonly blame: Score;
  readonly spread: Score;
}

export interface Score {
  readonly compared: number;
  readonly agreed: number;
}

/** A judged call with what was seen, and how that compares. */
export interface Verdict {
  readonly judged: Judged;
  readonly sightings: readonly Sighting[];
  readonly agreement: Agreement;
}

export function verdictOf(judged: Judged, sightings: readonly Sighting[]): Verdict {
  const { scenario } = judged;
  const atGateway = agreementOf({ trace: judged.atGateway, sightings, scenario });
  // Gateways of other slots may have a server for any name.
  const byName = scenario.reach === "names" ? agreementOf({ trace: judged.trace, sightings, scenario }) : atGateway;
  const agreement = byName.verdict === "disagrees" ? { ...atGateway, verdict: byName.verdict } : atGateway;
  return { judged, sightings, agreement };
}

export function figuresOf(verdicts: readonly Verdict[]): Figures {
  const score = (of: (agreement: Agreement) => boolean | undefined): Score => {
    const compared = verdicts.flatMap(({ agreement }) => of(agreement) ?? []);
    return { compared: compared.length, agreed: compared.filter(Boolean).length };
  };
  return {
    scenarios: new Set(verdicts.map(({ judged }) => judged.scenario.title)).size,
    calls: verdicts.length,
    unknown: verdicts.filter(({ judged }) => isUntold(judged.atGateway)).length,
    assumed: verdicts.filter(({ agreement }) => agreement.verdict === "assumed").length,
    partly: verdicts.filter(({ judged }) => judged.atGateway.verdict === "partly").length,
    verdicts: score(({ verdict }) =>
      verdict === "unknown" || verdict === "assumed" ? undefined : verdict === "agrees",
    ),
    status: score(({ status }) => status),
    flags: score(({ flags }) => flags),
    blame: score(({ blame }) => blame),
    spread: score(({ spread }) => spread),
  };
}

/** What disagrees, for a person and for a regression test of it. */
export function showVerdict({ judged, sightings, agreement }: Verdict, evidence: Evidence): string {
  const { scenario, place, call, calls, atGateway } = judged;
  const objects = scenario.objects(place).map(({ cluster, object }) => `# ${cluster}\n${stringify(object)}`);
  const hops = atGateway.branches.flatMap((branch) => [
    `  ${branch.probability} ${JSON.stringify(branch.outcome)}`,
    ...branch.hops.map(({ status, name, detail }) => `    ${status} ${name}: ${detail}`),
  ]);
  const [first] = calls;
  return [
    `${wrongParts(agreement).join(" ").toUpperCase()} ${place.id} ${scenario.title}`,
    `call ${call.cluster} ${call.from} ${call.method ?? "GET"} ${call.url} ${JSON.stringify(call.headers ?? {})}`,
    `seen ${counted(sightings).join("; ")}`,
    `wire ${JSON.stringify(first && { ...first.answer, body: first.answer.body.slice(0, 300) })}`,
    `logs ${JSON.stringify(evidence, (_, value) => (value === null ? undefined : value))}`,
    `trace ${atGateway.verdict} ${atGateway.blamed === undefined ? "" : `${atGateway.blamed.name} ${atGateway.blamed.code}`}`,
    ...hops,
    ...(scenario.mesh === undefined ? [] : [`# mesh\n${scenario.mesh}`]),
    ...objects,
  ].join("\n");
}

/** A call that trace does not tell the end of, and why. */
export function showUntold({ judged: { scenario, call, atGateway } }: Verdict): string {
  const [why = ""] = atGateway.branches.flatMap(({ outcome }) => (outcome.kind === "unknown" ? [outcome.why] : []));
  return `UNTOLD ${scenario.title}: ${call.from} ${call.url}: ${why}`;
}

/** `verdict`, `status` … */
export function wrongParts({ verdict, ...parts }: Agreement): readonly string[] {
  const wrong = Object.entries(parts).flatMap(([name, agrees]) => (agrees === false ? [name] : []));
  return verdict === "disagrees" ? ["verdict", ...wrong] : wrong;
}

/** `3 × {"end":"reset"}` */
export function counted(sightings: readonly Sighting[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const each of sightings) counts.set(JSON.stringify(each), (counts.get(JSON.stringify(each)) ?? 0) + 1);
  return [...counts].map(([text, count]) => `${count} × ${text}`);
}
