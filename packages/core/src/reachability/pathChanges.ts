import type { ClusterObject } from "../kinds/index.ts";
import type { TraceWorld } from "../trace/index.ts";
import type { Answer } from "./answer.ts";
import { answersOf } from "./answersOf.ts";
import { type Caller, isOutside, showCallerName } from "./callers.ts";
import { type ChangedObject, changedObject } from "./changedObject.ts";
import { changedTargets } from "./changedTargets.ts";
import { type CallerPair, type ComparedCaller, pairCallers } from "./pairCallers.ts";
import type { PathChangeKind } from "./pathChangeKinds.ts";
import { type AnswerGroup, type ReachabilityAsked, reachability, type TargetReach } from "./reachability.ts";
import type { RequestParts } from "./requestClasses.ts";
import { meshTargets, type Target, targetKey } from "./targets.ts";

/** A workload, or those of its pods of which something is told. */
export interface ChangedCaller extends Caller {
  /** Pods that its workload has in the state that is shown: the one after if it is there. */
  readonly podsOfWorkload: number;
  /** Those that were compared. */
  readonly pairs: readonly CallerPair[];
}

/** What becomes another between two states of the clusters, for callers and requests alike. */
export interface PathChange {
  readonly kind: PathChangeKind;
  readonly callers: readonly ChangedCaller[];
  readonly target: Target;
  readonly requests: string;
  /** One request of each class. */
  readonly examples: readonly RequestParts[];
  readonly before: Answer;
  readonly after: Answer;
  /** The one object that differs; where several do, one of them that the answers name as deciding. */
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
  const isCompared = (target: Target) => isTarget(target) && isChanged(target);
  const narrowed = { ...asked, isTarget: isCompared, alsoTargets: [...meshTargets(before), ...meshTargets(after)] };
  const [left, right] = [reachability(before, narrowed), reachability(after, narrowed)];
  const [known, now] = [left, right].map(
    ({ targets }) => new Map(targets.map((each) => [targetKey(each.target), each])),
  );
  const objectOf = changedObject(before, after);
  const compared = pairCallers(left.callers, right.callers);
  const [podsBefore, podsAfter] = [podsByName(left.callers), podsByName(right.callers)];
  const podsOf = (name: string) => podsAfter.get(name) ?? podsBefore.get(name) ?? 0;
  return [...new Set([...(known?.keys() ?? []), ...(now?.keys() ?? [])])].sort().flatMap((key) => {
    const [was, is] = [known?.get(key), now?.get(key)];
    const target = (is ?? was)?.target;
    if (target === undefined) return [];
    const compare = new TargetComparison({ worlds: [before, after], target, objectOf }, [was, is]);
    return compare.changes(compared).map(({ pairs, ...change }) => ({ ...change, callers: callersOf(pairs, podsOf) }));
  });
}

/** What is another for callers of which the same was and the same is. */
type FoundChange = Omit<PathChange, "callers">;

interface Compared {
  readonly worlds: readonly [TraceWorld, TraceWorld];
  readonly target: Target;
  readonly objectOf: ChangedObject;
}

/** One target in both states. */
class TargetComparison {
  readonly #compared: Compared;
  readonly #groups: readonly [ReadonlyMap<Caller, AnswerGroup>, ReadonlyMap<Caller, AnswerGroup>];
  readonly #places = new Map<AnswerGroup | Caller, number>();
  readonly #found = new Map<string, readonly FoundChange[]>();

  constructor(compared: Compared, [was, is]: readonly [TargetReach | undefined, TargetReach | undefined]) {
    this.#compared = compared;
    this.#groups = [groupsByCaller(was), groupsByCaller(is)];
  }

  changes(compared: readonly ComparedCaller[]): readonly (FoundChange & { readonly pairs: readonly CallerPair[] })[] {
    const found = new Map<string, { readonly pairs: CallerPair[]; readonly changes: readonly FoundChange[] }>();
    for (const options of compared) {
      if (options.some((pair) => this.#changesOf(pair).length === 0)) continue;
      const [pair] = options;
      const key = this.#key(pair);
      const others = found.get(key);
      if (others === undefined) found.set(key, { pairs: [pair], changes: this.#changesOf(pair) });
      else others.pairs.push(pair);
    }
    return [...found.values()].flatMap(({ pairs, changes }) => changes.map((change) => ({ ...change, pairs })));
  }

  #changesOf(pair: CallerPair): readonly FoundChange[] {
    const key = this.#key(pair);
    const found = this.#found.get(key) ?? this.#compare(pair);
    this.#found.set(key, found);
    return found;
  }

  /** Of each class that either state tells apart: those of one may cut through those of the other. */
  #compare({ before, after }: CallerPair): readonly FoundChange[] {
    const [left, right] = [this.#groupOf(0, before), this.#groupOf(1, after)];
    if (left === undefined && right === undefined) return [];
    if (left !== undefined && right !== undefined && seenOf(left) === seenOf(right)) return [];
    const {
      worlds: [was, is],
      target,
      objectOf,
    } = this.#compared;
    const views = [
      { world: was, caller: before },
      { world: is, caller: after },
    ] as const;
    const asksForCertificate = views.some(({ caller }) => caller !== undefined && isOutside(caller));
    const { classes } = answersOf(views, { ...target, asksForCertificate });
    return classes.flatMap(({ requests, examples, answers: [one, other] }) => {
      const kind = kindOf(one, other);
      if (kind === undefined) return [];
      const object = objectOf([other.object, one.object]);
      const change = { kind, target, requests, examples, before: one, after: other };
      return [object === undefined ? change : { ...change, object }];
    });
  }

  /** Equal for pairs of which the same is told. */
  #key({ before, after }: CallerPair): string {
    return `${this.#place(0, before)} ${this.#place(1, after)}`;
  }

  /** Of a caller that was not asked there nothing is known, so that it stands for itself. */
  #place(side: 0 | 1, caller: Caller | undefined): number | undefined {
    if (caller === undefined) return undefined;
    const group = this.#groups[side].get(caller) ?? caller;
    const place = this.#places.get(group) ?? this.#places.size;
    this.#places.set(group, place);
    return place;
  }

  #groupOf(side: 0 | 1, caller: Caller | undefined): AnswerGroup | undefined {
    return caller === undefined ? undefined : this.#groups[side].get(caller);
  }
}

function groupsByCaller(reach: TargetReach | undefined): ReadonlyMap<Caller, AnswerGroup> {
  const found = new Map<Caller, AnswerGroup>();
  for (const group of reach?.groups ?? []) {
    for (const caller of group.callers) found.set(caller, group);
  }
  return found;
}

/** All of a group in which a change would show. */
function seenOf({ answers }: AnswerGroup): string {
  return JSON.stringify(answers.map(({ requests, examples, answer }) => [requests, examples, seenOfAnswer(answer)]));
}

function seenOfAnswer(answer: Answer): unknown {
  return isReached(answer) ? [answer.verdict, answer.mutualTls, placesOf(answer)] : answer.verdict;
}

function isReached({ verdict }: Answer): boolean {
  return verdict === "reaches" || verdict === "partly";
}

/** Where a place is may be told of one state alone: a node's label is not where requests go. */
function placesOf({ to }: Answer): string {
  return JSON.stringify(to.map(({ region: _, ...place }) => place));
}

function kindOf(before: Answer, after: Answer): PathChangeKind | undefined {
  if (after.verdict === "unknown") return before.verdict === "unknown" ? undefined : "cannot be told";
  if (before.verdict === "unknown") return "could not be told before";
  const [was, is] = [isReached(before), isReached(after)];
  if (was !== is) return is ? "newly reached" : "no longer reached";
  if (!is) return undefined;
  if (before.mutualTls === true && after.mutualTls === false) return "loses mutual TLS";
  if (before.verdict !== after.verdict) return after.verdict === "partly" ? "no longer reached" : "newly reached";
  if (placesOf(before) !== placesOf(after)) return "goes elsewhere";
  return before.mutualTls === after.mutualTls ? undefined : "gains mutual TLS";
}

/** One for each workload. */
function callersOf(pairs: readonly CallerPair[], podsOf: (name: string) => number): readonly ChangedCaller[] {
  const found = new Map<string, ChangedCaller & { readonly pairs: CallerPair[] }>();
  for (const pair of pairs) {
    const caller = pair.after ?? pair.before;
    if (caller === undefined) continue;
    const name = showCallerName(caller);
    const known = found.get(name) ?? { ...caller, pods: 0, podsOfWorkload: podsOf(name), pairs: [] };
    known.pairs.push(pair);
    found.set(name, { ...known, pods: known.pods + pair.pods });
  }
  return [...found.values()];
}

function podsByName(callers: readonly Caller[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const caller of callers) {
    const name = showCallerName(caller);
    found.set(name, (found.get(name) ?? 0) + caller.pods);
  }
  return found;
}
