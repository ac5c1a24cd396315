import type { ClusterObject } from "../kinds/index.ts";
import { type TraceWorld, trace } from "../trace/index.ts";
import { type Answer, answerKey, answerOf } from "./answer.ts";
import { requestOf } from "./answersOf.ts";
import { type Caller, showCallerName } from "./callers.ts";
import { changedTargets } from "./changedTargets.ts";
import { type AnswerGroup, type ReachabilityAsked, reachability, type TargetReach } from "./reachability.ts";
import type { RequestParts } from "./requestClasses.ts";
import { type Target, targetKey } from "./targets.ts";

export const pathChangeKinds = [
  "newly reached",
  "no longer reached",
  "goes elsewhere",
  "loses mutual TLS",
  "gains mutual TLS",
  "cannot be told",
] as const;
export type PathChangeKind = (typeof pathChangeKinds)[number];

/** What becomes another between two states of the clusters, for callers and requests alike. */
export interface PathChange {
  readonly kind: PathChangeKind;
  readonly callers: readonly Caller[];
  readonly target: Target;
  readonly requests: string;
  readonly before: Answer;
  readonly after: Answer;
  /** The object that the answers name as deciding, where they name one. */
  readonly object?: ClusterObject;
}

/**
 * Only what changes of who reaches what: the difference of two whole matrices. `isChanged`: whether a target is compared at all; what
 * is not, is equal in both.
 */
export function pathChanges(
  before: TraceWorld,
  after: TraceWorld,
  { isTarget = () => true, ...asked }: ReachabilityAsked = {},
  isChanged = changedTargets(before, after),
): readonly PathChange[] {
  const narrowed = { ...asked, isTarget: (target: Target) => isTarget(target) && isChanged(target) };
  const [left, right] = [reachability(before, narrowed), reachability(after, narrowed)];
  const keyOf = ({ target }: TargetReach) => targetKey(target);
  const known = new Map(left.targets.map((each) => [keyOf(each), each]));
  const now = new Map(right.targets.map((each) => [keyOf(each), each]));
  const callers = new Map([...left.callers, ...right.callers].map((each) => [nameOf(each), each]));
  const [then, later] = [left, right].map((each) => new Set(each.callers.map(nameOf)));
  return [...new Set([...known.keys(), ...now.keys()])].sort().flatMap((key) => {
    const [was, is] = [known.get(key), now.get(key)];
    const target = (is ?? was)?.target;
    if (target === undefined) return [];
    return changesOf(target, {
      before: { world: before, reach: was, callers: then ?? new Set() },
      after: { world: after, reach: is, callers: later ?? new Set() },
      callers: [...callers.values()],
    });
  });
}

/** The same in both states, whatever its pods are called: of one workload some may run in other places. */
function nameOf(caller: Caller): string {
  const { region = "", zone = "", serviceAccount = "" } = caller;
  return [showCallerName(caller), serviceAccount, region, zone].join(" ");
}

interface State {
  readonly world: TraceWorld;
  /** Undefined: nobody there knows the target. */
  readonly reach: TargetReach | undefined;
  /** Those that are there, by name. */
  readonly callers: ReadonlySet<string>;
}

interface Compared {
  readonly before: State;
  readonly after: State;
  /** Of both. */
  readonly callers: readonly Caller[];
}

function changesOf(target: Target, { before, after, callers }: Compared): readonly PathChange[] {
  const [groupBefore, groupAfter] = [groupsByCaller(before.reach), groupsByCaller(after.reach)];
  const pairs = new Map<string, { readonly callers: Caller[]; readonly left: Found; readonly right: Found }>();
  const places = new Map<AnswerGroup, number>();
  const place = (found: Found) => {
    if (found === undefined) return "";
    if (!places.has(found.group)) places.set(found.group, places.size);
    return places.get(found.group);
  };
  for (const caller of callers) {
    const name = nameOf(caller);
    const [left, right] = [groupBefore.get(name), groupAfter.get(name)];
    if (left === undefined && right === undefined) continue;
    const key = [place(left), place(right), before.callers.has(name), after.callers.has(name)].join(" ");
    const pair = pairs.get(key) ?? { callers: [], left, right };
    pairs.set(key, pair);
    pair.callers.push(caller);
  }
  return [...pairs.values()].flatMap(({ callers: own, left, right }) => {
    const found = new Map<string, PathChange>();
    for (const { requests, parts } of examplesOf(left, right)) {
      const one = answerIn(before, { target, parts, found: left, other: right });
      const other = answerIn(after, { target, parts, found: right, other: left });
      const kind = kindOf(one, other);
      if (kind === undefined) continue;
      const object = other.object ?? one.object;
      const change = { kind, callers: own, target, requests, before: one, after: other };
      const key = JSON.stringify([answerKey(one), answerKey(other)]);
      if (!found.has(key)) found.set(key, { ...change, ...(object === undefined ? {} : { object }) });
    }
    return [...found.values()];
  });
}

type Found = { readonly group: AnswerGroup; readonly caller: Caller } | undefined;

function groupsByCaller(reach: TargetReach | undefined): ReadonlyMap<string, NonNullable<Found>> {
  const found = new Map<string, NonNullable<Found>>();
  for (const group of reach?.groups ?? []) {
    for (const caller of group.callers) found.set(nameOf(caller), { group, caller });
  }
  return found;
}

/** A request of each class on either side; what both have comes once. */
function examplesOf(left: Found, right: Found) {
  const seen = new Map<string, { readonly requests: string; readonly parts: RequestParts }>();
  for (const found of [right, left]) {
    for (const { requests, examples } of found?.group.answers ?? []) {
      for (const parts of examples) {
        const key = JSON.stringify(parts);
        if (!seen.has(key)) seen.set(key, { requests, parts });
      }
    }
  }
  return [...seen.values()];
}

interface Asked {
  readonly target: Target;
  readonly parts: RequestParts;
  readonly found: Found;
  readonly other: Found;
}

const noCaller: Answer = { verdict: "broken", outcome: "no such workload", to: [] };

/** As the matrix has it; a trace where it does not have that request or target. */
function answerIn({ world, callers }: State, { target, parts, found, other }: Asked): Answer {
  const key = JSON.stringify(parts);
  const known = found?.group.answers.find(({ examples }) => examples.some((each) => JSON.stringify(each) === key));
  if (known !== undefined) return known.answer;
  const caller = (found ?? other)?.caller;
  if (caller === undefined) throw new Error("a path has a caller on one side at least");
  if (!callers.has(nameOf(caller))) return noCaller;
  return answerOf(world, trace(world, requestOf(caller, target, parts)));
}

function kindOf(before: Answer, after: Answer): PathChangeKind | undefined {
  const [was, is] = [before, after].map(({ verdict }) => verdict === "reaches" || verdict === "partly");
  if (after.verdict === "unknown") return before.verdict === "unknown" ? undefined : "cannot be told";
  if (was !== is) return is ? "newly reached" : "no longer reached";
  if (!is) return undefined;
  if (before.verdict !== after.verdict) return after.verdict === "partly" ? "no longer reached" : "newly reached";
  if (JSON.stringify(before.to) !== JSON.stringify(after.to)) return "goes elsewhere";
  if (before.mutualTls === after.mutualTls) return undefined;
  return after.mutualTls === true ? "gains mutual TLS" : "loses mutual TLS";
}
