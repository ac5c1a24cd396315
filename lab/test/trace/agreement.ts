import type { Trace, TraceBranch } from "@isthmus/core/trace";
import { chiSquareP } from "./chiSquare.ts";
import type { Scenario } from "./scenario.ts";
import type { Sighting } from "./sighting.ts";

/** How a trace and what was seen of its request compare. Absent: there was nothing to compare. */
export interface Agreement {
  /**
   * Whether the app gets the request: always, never, or as often as was told. `unknown` is neither right nor wrong, nor is
   * `assumed`: it fails for what trace said that it rests on.
   */
  readonly verdict: "agrees" | "disagrees" | "unknown" | "assumed";
  /** What the client sees in place of the app's answer. */
  readonly status?: boolean;
  /** Envoy's response flags of the proxy that decides. */
  readonly flags?: boolean;
  readonly blame?: boolean;
  /** Which ends, and whose answers, in which share. */
  readonly spread?: boolean;
}

/** Below this, chance does not explain what was seen. */
const significance = 0.001;
/** Fewer calls tell nothing of shares. */
const enoughCalls = 20;

export interface Compared {
  readonly trace: Trace;
  /** Of each call that was made of it. */
  readonly sightings: readonly Sighting[];
  readonly scenario?: Pick<Scenario, "spread" | "untrue">;
}

export function agreementOf({ trace, sightings: seen, scenario = {} }: Compared): Agreement {
  const { spread, untrue } = scenario;
  const sightings = seen.map((each) => inWordsOf(trace, each));
  if (isUntold(trace)) return { verdict: "unknown" };
  if (trace.assumes.some(({ about }) => untrue?.includes(about))) return { verdict: "assumed" };
  if (keepsListener(trace, sightings)) return { verdict: "assumed" };
  const expected = expectedEnds(trace, spread);
  const failed = sightings.filter((each) => !isReached(each, expected));
  const keys = new Set(expected.map(({ key }) => key));
  // A client that gives up before its proxy does sees nothing of what the proxy would have said.
  const isPatient = ({ end }: Sighting) => end !== "timeout" || keys.has("timeout");
  const refusals = sightings.filter((each) => each.end !== "answered" && isPatient(each));
  const flagged = refusals.filter((each) => each.flags !== undefined && keys.has(keyOf(each, spread)));
  const blamed = trace.verdict === "broken" ? failed.filter(({ hops }) => hops !== undefined) : [];
  const told = refusals.length > 0;
  return {
    verdict: agreesOnVerdict({ trace, sightings }, expected) ? "agrees" : "disagrees",
    ...(told ? { status: refusals.every((each) => keys.has(keyOf(each, spread))) } : {}),
    ...(flagged.length > 0 ? { flags: flagged.every((each) => hasFlags(each, expected, spread)) } : {}),
    ...(blamed.length > 0 ? { blame: blamed.every(({ hops = [] }) => hops.includes(trace.blamed?.name ?? "")) } : {}),
    ...(expected.length > 1 && sightings.length >= enoughCalls && !isPinned(trace)
      ? { spread: pOf(expected, sightings, spread) > significance }
      : {}),
  };
}

/**
 * Envoy goes on with the listener that it had where it rejects an update: so it is where the second of two Gateways came with a
 * push of its own, as on a busy machine, and no configuration tells.
 */
function keepsListener({ blamed }: Trace, sightings: readonly Sighting[]): boolean {
  return blamed?.code === "TRACE_LISTENER_REJECTED" && sightings.every(({ end }) => end === "answered");
}

/** The lab has no way out: a connection to nobody's address fails at once, where elsewhere its packets are lost. */
function inWordsOf({ branches }: Trace, sighting: Sighting): Sighting {
  if (sighting.end !== "unreachable") return sighting;
  const isLost = branches.some(({ outcome }) => outcome.kind === "timeout");
  return { ...sighting, end: isLost ? "timeout" : "reset" };
}

export function isUntold({ verdict, branches }: Trace): boolean {
  return (verdict === "unknown" && branches.length > 0) || branches.some(({ outcome }) => outcome.kind === "unknown");
}

/** Through a gateway that passes TLS through, a connection that stays open stays at one pod: shares are of connections. */
function isPinned({ branches }: Trace): boolean {
  return branches.some(({ hops }) => hops.some(({ name }) => name === "passthrough"));
}

/** Whether one call does not tell all: there is more than one end. */
export function hasSeveralEnds(trace: Trace, spread: Scenario["spread"]): boolean {
  return !isUntold(trace) && expectedEnds(trace, spread).length > 1;
}

/** So many calls that the rarest end is expected five times: 40 at least, 100 at most. */
export function callsFor(trace: Trace, spread: Scenario["spread"]): number {
  const rarest = Math.min(1, ...expectedEnds(trace, spread).map(({ probability }) => probability));
  return Math.min(100, Math.max(40, Math.ceil(5 / rarest)));
}

interface ExpectedEnd {
  readonly key: string;
  readonly probability: number;
  readonly isReached: boolean;
  readonly by: readonly string[];
  readonly flags: readonly string[];
}

/** A trace's branches, merged by what can be seen of them. What a retry makes up for is never seen. */
function expectedEnds({ branches }: Trace, spread: Scenario["spread"]): readonly ExpectedEnd[] {
  const seen = branches.filter(({ isRetried }) => isRetried !== true);
  const total = seen.reduce((sum, { probability }) => sum + probability, 0);
  const ends = new Map<string, ExpectedEnd>();
  for (const branch of seen) {
    const key = keyOfBranch(branch, spread);
    const known = ends.get(key) ?? { key, probability: 0, isReached: false, by: [], flags: [] };
    ends.set(key, {
      key,
      probability: known.probability + branch.probability / total,
      isReached: known.isReached || branch.outcome.kind === "answered",
      by: [...known.by, ...byOf(branch)],
      flags: [...known.flags, flagsOf(branch)],
    });
  }
  return [...ends.values()];
}

function keyOfBranch(branch: TraceBranch, spread: Scenario["spread"]): string {
  const { outcome } = branch;
  if (outcome.kind === "answered") {
    if (outcome.by.type === "proxy") return `refused ${outcome.status ?? ""}`;
    return answeredKey(byOf(branch)[0], spread);
  }
  if (outcome.kind === "refused") return outcome.status === undefined ? "reset" : `refused ${outcome.status}`;
  return outcome.kind;
}

function keyOf({ end, status, by }: Sighting, spread: Scenario["spread"]): string {
  if (end === "answered") return answeredKey(by, spread);
  return end === "refused" ? `refused ${status}` : end;
}

function answeredKey(by: string | undefined, spread: Scenario["spread"]): string {
  if (spread === undefined || by === undefined) return "answered";
  return `answered ${spread === "cluster" ? by.split("/")[0] : by}`;
}

function byOf({ outcome }: TraceBranch): readonly string[] {
  if (outcome.kind !== "answered" || outcome.by.type === "proxy") return [];
  // A machine of a WorkloadEntry is a server outside of the lab's clusters, whose pods' names end in a number.
  const isPod = outcome.by.type === "workload" && /-\d+$/.test(outcome.by.name);
  return [isPod ? `${outcome.by.cluster}/${outcome.by.name}` : "outside"];
}

function flagsOf({ outcome }: TraceBranch): string {
  const flag = outcome.kind === "refused" || outcome.kind === "reset" ? outcome.responseFlag : undefined;
  return flag === undefined ? "-" : flag.split(",").sort().join(",");
}

function isReached({ end, status }: Sighting, expected: readonly ExpectedEnd[]): boolean {
  if (end === "answered") return true;
  return expected.some((each) => each.isReached && each.key === `refused ${status}`);
}

function agreesOnVerdict({ trace, sightings }: Compared, expected: readonly ExpectedEnd[]): boolean {
  const expectedBy = expected.flatMap(({ by }) => by);
  if (sightings.some(({ by }) => by !== undefined && !expectedBy.includes(by))) return false;
  const reached = sightings.filter((each) => isReached(each, expected)).length;
  const lost = sightings.length - reached;
  if (trace.verdict === "reaches") return lost === 0 || atLeast(lost, sightings.length, inVain(trace)) > significance;
  if (trace.verdict === "broken") return reached === 0;
  if (isPinned(trace)) return true;
  const probability = expected.reduce((sum, each) => sum + (each.isReached ? each.probability : 0), 0);
  const shares = [
    { seen: reached, probability },
    { seen: sightings.length - reached, probability: 1 - probability },
  ];
  return sightings.length >= enoughCalls && chiSquareP(shares) > significance;
}

/**
 * How often what a retry makes up for is not: Envoy draws six times for an endpoint that it has not tried, then takes whichever it
 * drew (`host_selection_retry_max_attempts: 5`, pilot/pkg/networking/core/route/retry/retry.go), here at each of two tries.
 */
function inVain({ branches }: Trace): number {
  const retried = branches.filter(({ isRetried }) => isRetried === true);
  return retried.reduce((sum, { probability }) => sum + probability, 0) * 0.5 ** 12;
}

/** The probability of so many or more of all, where each is as likely as `probability`. */
function atLeast(count: number, all: number, probability: number): number {
  let [term, below] = [(1 - probability) ** all, 0];
  for (let number = 0; number < count; number += 1) {
    below += term;
    term *= ((all - number) / (number + 1)) * (probability / (1 - probability));
  }
  return 1 - below;
}

/** Of a closed connection the logs of all proxies on the way are in `flags`: the one that was told must be among them. */
function hasFlags(sighting: Sighting, expected: readonly ExpectedEnd[], spread: Scenario["spread"]): boolean {
  const { end, flags = "-" } = sighting;
  const told = expected.filter(({ key }) => key === keyOf(sighting, spread)).flatMap((each) => each.flags);
  if (end === "refused") return told.includes(flags);
  const seen = flags.split(",");
  return told.some((each) => each === "-" || each.split(",").every((flag) => seen.includes(flag)));
}

function pOf(expected: readonly ExpectedEnd[], sightings: readonly Sighting[], spread: Scenario["spread"]): number {
  const counts = new Map<string, number>(expected.map(({ key }) => [key, 0]));
  for (const each of sightings) counts.set(keyOf(each, spread), (counts.get(keyOf(each, spread)) ?? 0) + 1);
  const told = new Map(expected.map(({ key, probability }) => [key, probability]));
  return chiSquareP([...counts].map(([key, seen]) => ({ seen, probability: told.get(key) ?? 0 })));
}
