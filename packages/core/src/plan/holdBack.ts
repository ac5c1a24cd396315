import { showRef } from "../kinds/index.ts";
import type { Action } from "./action.ts";
import { ownerGroups } from "./ownerGroups.ts";
import type { Step } from "./step.ts";

/** Something that an owner lacks, as far as this plan goes: later phases cannot count on it. */
export interface Gap {
  readonly owner: string;
  readonly phase: Action["phase"];
  readonly reason: string;
}

/**
 * Holds back what must not overtake a held step: a step of a later phase of the same owner, and every server-side delete
 * while somewhere cannot be seen (`unseen`: what cannot), since a consumer there may still use it.
 */
export function holdBack(steps: readonly Step[], gaps: readonly Gap[], unseen: string | undefined): readonly Step[] {
  const groupOf = ownerGroups(steps.map(({ action }) => action));
  const firstGaps = new Map<string, Gap>();
  const note = (gap: Gap) => {
    const group = groupOf(gap.owner);
    const first = firstGaps.get(group);
    if (first === undefined || isBefore(gap, first)) firstGaps.set(group, gap);
  };
  gaps.forEach(note);
  for (const { action, held } of steps) {
    if (held === undefined) continue;
    const reason = `waits for ${showRef(action.ref)} in ${action.cluster} (${held})`;
    note({ owner: action.owner, phase: action.phase, reason });
  }
  return steps.map((step) => {
    if (step.held !== undefined) return step;
    const gap = firstGaps.get(groupOf(step.action.owner));
    if (gap !== undefined && step.action.phase > gap.phase) return { ...step, held: gap.reason };
    if (step.action.phase === 4 && unseen !== undefined) {
      return { ...step, held: `${unseen} and may still use it` };
    }
    return step;
  });
}

/** Among gaps of one phase the text decides, so that the reason given doesn't depend on the order of the input. */
function isBefore(gap: Gap, other: Gap): boolean {
  return gap.phase < other.phase || (gap.phase === other.phase && gap.reason < other.reason);
}
