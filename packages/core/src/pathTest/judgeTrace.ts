import { type ClusterObject, showClusterObject } from "../kinds/index.ts";
import { seenBranches, type Trace, type TraceBranch, type TraceWorld } from "../trace/index.ts";
import { isAt, isNowhere, type Judgement, judgeBranch, whyNever, whyNobody } from "./judgeBranch.ts";
import type { Expect } from "./pathTestSchema.ts";

/** What is expected of one request, and the way of it that decides. */
export interface JudgedTrace extends Judgement {
  readonly branch: TraceBranch | undefined;
}

/**
 * `all`: what is expected has to hold whichever way the request takes; `any`: whether it does on one of them, for tests that want
 * it of none.
 */
export function judgeTrace(world: TraceWorld, trace: Trace, expect: Expect, ways: "all" | "any"): JudgedTrace {
  const branches = seenBranches(trace.branches);
  const judged = branches.map((branch) => {
    const judgements = judgeBranch(world, trace.request, branch, expect);
    return { ...worstOf(judgements), branch };
  });
  const never = ways === "any" ? whyNever(world, expect) : undefined;
  if (never !== undefined) return { holds: false, why: never, isEmpty: true, branch: branches[0] };
  const whole = ways === "all" ? worstOf(judged) : anyOf(judged);
  // A name or port that nobody has is refused whatever is expected of it.
  const isMissed = expect.refused?.by === undefined && branches.length > 0 && branches.every(isNowhere);
  const found: JudgedTrace = isMissed ? { ...whole, isEmpty: true } : whole;
  if (expect.reaches?.split === undefined || found.holds === false) return found;
  const split = judgeSplit(world, trace, expect.reaches);
  return split.holds === true ? found : { ...split, branch: branches[0] };
}

const nothing: JudgedTrace = { holds: undefined, why: "nothing is known of it", branch: undefined };

/** What decides whether all hold: what fails comes before what cannot be told. */
function worstOf<J extends Judgement>(judgements: readonly J[]): J | typeof nothing {
  const decides =
    judgements.find(({ holds }) => holds === false) ??
    judgements.find(({ holds }) => holds === undefined) ??
    judgements.find(({ isEmpty }) => isEmpty !== true) ??
    judgements[0];
  return decides ?? nothing;
}

function anyOf(judged: readonly JudgedTrace[]): JudgedTrace {
  const decides = judged.find(({ holds, isEmpty }) => holds === true && isEmpty !== true);
  const [first = nothing] = judged;
  return decides ?? judged.find(({ holds }) => holds === undefined) ?? { ...first, holds: false };
}

/** Each part within its tolerance, and nothing besides. */
function judgeSplit(world: TraceWorld, trace: Trace, reaches: NonNullable<Expect["reaches"]>): Judgement {
  const branches = seenBranches(trace.branches);
  const total = branches.reduce((sum, { probability }) => sum + probability, 0);
  const percent = (isMeant: (branch: TraceBranch) => boolean) =>
    (100 * branches.filter(isMeant).reduce((sum, { probability }) => sum + probability, 0)) / total;
  const unknown = percent(({ outcome }) => outcome.kind === "unknown");
  const { split = [], tolerance } = reaches;
  const parts = split.map((part) => ({ part, share: percent((branch) => isAt(world, branch, part)) }));
  const shown = parts.map(({ part: { percent: wanted, ...where }, share }) => {
    const names = Object.values(where).join(" ");
    return `${Math.round(10 * share) / 10} % for ${names} (expected ${wanted} %)`;
  });
  const why = shown.join(", ");
  const isOff = ({ part, share }: (typeof parts)[number]) =>
    share - part.percent > tolerance + 1e-6 || part.percent - share - unknown > tolerance + 1e-6;
  if (parts.some(isOff)) return { holds: false, why };
  if (unknown > 0) return { holds: undefined, why: `${why}; of ${Math.round(unknown)} % it cannot be told` };
  const missed = percent((branch) => !split.some((part) => isAt(world, branch, part)));
  if (missed > tolerance + 1e-6) return { holds: false, why: `${Math.round(10 * missed) / 10} % go elsewhere; ${why}` };
  const [absent] = split.flatMap((part) => whyNobody(world, part) ?? []);
  return absent === undefined ? { holds: true, why } : { holds: undefined, why: `nothing was tested: ${absent}` };
}

/** The objects that decide: of the hops where it breaks or is lost from sight; else of the whole way. */
export function decidingObjects(branch: TraceBranch | undefined): readonly ClusterObject[] {
  const hops = branch?.hops ?? [];
  const wrong = hops.filter(({ status }) => status !== "ok");
  const all = (wrong.length > 0 ? wrong : hops).flatMap(({ object, others = [] }) => [
    ...(object === undefined ? [] : [object]),
    ...others.map((other) => other.object),
  ]);
  return [...new Map(all.map((each) => [`${each.cluster} ${showClusterObject(each)}`, each])).values()];
}
