import { type IstioCluster, memoisedBy, spiffeId, type Workload } from "../istio/index.ts";
import { type AskedCaller, callerTraits } from "../istio/policy/index.ts";
import type { TraceWorld } from "../trace/index.ts";
import { atOnce } from "../world/index.ts";
import { alikeCallers, type CallersOf } from "./alikeCallers.ts";
import { type Answer, answerKey } from "./answer.ts";
import { answersOf, type ClassesFound } from "./answersOf.ts";
import { type Caller, outsideCaller, type WorkloadCaller, workloadCallers } from "./callers.ts";
import type { RequestParts } from "./requestClasses.ts";
import { calledHost, meshTargets, outsideTargets, type Target, targetKey } from "./targets.ts";
import type { Visited } from "./visited.ts";

/** What comes of the requests of one class. */
export interface ClassAnswer {
  /** `any request`, `POST /admin*; DELETE`, for people. */
  readonly requests: string;
  /** One request of each class that has this answer. */
  readonly examples: readonly RequestParts[];
  readonly answer: Answer;
}

/** Callers of a target whose requests are all answered alike. */
export interface AnswerGroup {
  readonly callers: readonly Caller[];
  /** The answer that most classes have comes first. */
  readonly answers: readonly ClassAnswer[];
  /** Why there may be requests with other answers. */
  readonly untold: readonly string[];
}

export interface TargetReach {
  readonly target: Target;
  /** The group of most callers comes first. */
  readonly groups: readonly AnswerGroup[];
}

/** Who reaches what: of each target all callers that were asked about, in groups. */
export interface Reachability {
  readonly callers: readonly Caller[];
  readonly targets: readonly TargetReach[];
}

/** What of all is asked about; all where nothing is said. */
export interface ReachabilityAsked {
  readonly isCaller?: (caller: Caller) => boolean;
  readonly isTarget?: (target: Target) => boolean;
  /** Hosts that workloads are asked about as well, though nobody knows them: another state of the clusters does. */
  readonly alsoTargets?: readonly Target[];
}

/**
 * Who reaches what: each workload, and clients outside at each gateway, with each host and port that anybody knows. All verdicts
 * are `trace`'s, which is asked once for callers that nothing on the way tells apart, and for each class of requests.
 */
export function reachability(world: TraceWorld, asked: ReachabilityAsked = {}): Reachability {
  return atOnce(reaching(world, asked));
}

/** The same in steps, one for each target, between which others may have their turn. */
export function* reaching(
  world: TraceWorld,
  { isCaller = () => true, isTarget = () => true, alsoTargets = [] }: ReachabilityAsked = {},
): Generator<void, Reachability> {
  const inside = [...world.clusters.values()].map((cluster) => ({
    cluster,
    callers: workloadCallers(world, cluster).filter(isCaller),
  }));
  const outside = [...world.clusters.keys()].map(outsideCaller).filter(isCaller);
  const targets: TargetReach[] = [];
  const asked = new Map([...meshTargets(world), ...alsoTargets].map((target) => [targetKey(target), target]));
  for (const target of asked.values()) {
    if (!isTarget(target)) continue;
    const groups = inside.flatMap((each) => groupsOf(world, each, target));
    targets.push({ target, groups: merged(groups) });
    yield;
  }
  for (const { cluster, asksForCertificate, ...target } of outsideTargets(world)) {
    const callers = outside.filter((each) => each.cluster === cluster);
    if (callers.length === 0 || !isTarget(target)) continue;
    const groups = callers.map((caller) =>
      groupOf([caller], answersOf([{ world, caller }], { ...target, asksForCertificate })),
    );
    const known = targets.findIndex((each) => targetKey(each.target) === targetKey(target));
    if (known < 0) targets.push({ target, groups: merged(groups) });
    else targets[known] = { target, groups: merged([...(targets[known]?.groups ?? []), ...groups]) };
    yield;
  }
  return { callers: [...inside.flatMap(({ callers }) => callers), ...outside], targets };
}

/**
 * Callers that are alike but for their identities, of which one is followed: all that the policies on its way tell of an identity as of
 * that one have its answers. Of the others the next one is followed.
 */
function groupsOf(world: TraceWorld, inside: CallersOf, target: Target): readonly AnswerGroup[] {
  const { cluster } = inside;
  const groups: AnswerGroup[] = [];
  for (const all of alikeCallers(inside, calledHost(target.host))) {
    let left: readonly WorkloadCaller[] = all;
    for (let [first] = left; first !== undefined; [first] = left) {
      const answers = answersOf([{ world, caller: first }], target);
      const traits = traitsOf(world, cluster, first, answers.visited[0]);
      const same = left.filter((each) => traitsOf(world, cluster, each, answers.visited[0]) === traits);
      const taken = new Set(same);
      left = left.filter((each) => !taken.has(each));
      groups.push(groupOf(same, answers));
    }
  }
  return groups;
}

function traitsOf(world: TraceWorld, from: IstioCluster, { pod }: WorkloadCaller, visited: Visited): string {
  if (visited.isOpen) return `${pod.namespace}/${pod.serviceAccount} ${pod.address ?? ""}`;
  const asked = askedCaller(from, pod);
  let traits = "";
  for (const workload of visited.workloads) {
    const cluster = world.clusters.get(workload.cluster);
    if (cluster !== undefined) traits += `${callerTraits(cluster, workload, asked)}|`;
  }
  return traits;
}

const askedCaller = memoisedBy(({ settings }: IstioCluster, pod: Workload): AskedCaller => {
  const id = spiffeId(settings.trustDomain, pod.namespace, pod.serviceAccount);
  return { caller: { kind: "identity", id }, address: pod.address };
});

function groupOf(callers: readonly Caller[], { classes, untold }: ClassesFound): AnswerGroup {
  const answers = classes.map(({ requests, examples, answers: [answer] }) => ({ requests, examples, answer }));
  return { callers, answers, untold };
}

/** Groups that have the same answers are one. */
function merged(groups: readonly AnswerGroup[]): readonly AnswerGroup[] {
  const found = new Map<string, { readonly callers: Caller[]; readonly group: AnswerGroup }>();
  for (const group of groups) {
    const answers = group.answers.map(({ requests, answer }) => [requests, answerKey(answer)]);
    const key = JSON.stringify([answers, group.untold]);
    const known = found.get(key);
    if (known === undefined) found.set(key, { callers: [...group.callers], group });
    else known.callers.push(...group.callers);
  }
  return [...found.values()]
    .map(({ callers, group }) => ({ ...group, callers }))
    .sort((one, other) => other.callers.length - one.callers.length);
}
