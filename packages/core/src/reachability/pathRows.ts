import { type Answer, answerKey } from "./answer.ts";
import type { Caller } from "./callers.ts";
import type { Reachability } from "./reachability.ts";
import type { Target } from "./targets.ts";

/** Callers and targets between which the same comes of the same requests. */
export interface PathRow {
  readonly callers: readonly Caller[];
  /** They are all but those that other rows of these targets name, which says it in fewer words than their names. */
  readonly isRest: boolean;
  readonly targets: readonly Target[];
  readonly requests: string;
  readonly answer: Answer;
  readonly untold: readonly string[];
}

/** Which rows; several of them are each a reason to show one. */
export interface RowFilter {
  readonly withoutMutualTls?: boolean;
  readonly crossRegion?: boolean;
  readonly unknown?: boolean;
  readonly refused?: boolean;
}

/**
 * The matrix with as few rows as say all of it: what is reached first. `isBrief`: for a table that shows neither who answers and why
 * nor the names of a rest. Targets that differ in that alone have one row, with the answer and the callers of the first.
 */
export function pathRows(
  { callers: all, targets }: Reachability,
  filter: RowFilter = {},
  { isBrief = false }: { readonly isBrief?: boolean } = {},
): readonly PathRow[] {
  const places = new Map(all.map((caller, index) => [caller, index]));
  const isWhole = !Object.values(filter).includes(true);
  const found = new Map<string, PathRow & { readonly targets: Target[] }>();
  for (const { target, groups } of targets) {
    const asked = groups.reduce((sum, { callers }) => sum + callers.length, 0);
    for (const group of groups) {
      const isRest = isWhole && groups.length > 1 && asked > 3 && group.callers.length > asked / 2;
      for (const { requests, answer } of group.answers) {
        const callers = group.callers.filter((caller) => isShown(filter, { caller, answer, untold: group.untold }));
        if (callers.length === 0) continue;
        const who = isBrief && isRest ? callers.length : callers.map((caller) => places.get(caller));
        const what = isBrief ? briefly(target, answer) : answer;
        const key = JSON.stringify([isRest, who, requests, what, group.untold]);
        const known = found.get(key);
        if (known === undefined)
          found.set(key, { callers, isRest, targets: [target], requests, answer, untold: group.untold });
        else known.targets.push(target);
      }
    }
  }
  return [...found.values()].sort((one, other) => order[one.answer.verdict] - order[other.answer.verdict]);
}

const order = { reaches: 0, partly: 1, unknown: 2, broken: 3 } as const;

/** That a host's own namespace answers goes without saying. */
function briefly({ host }: Target, { object: _, field: __, to, ...alike }: Answer): unknown {
  const where = to.map(({ cluster, namespace = "", name }) =>
    host.split(".")[1] === namespace ? cluster : [cluster, namespace, name],
  );
  return [answerKey({ ...alike, to: [] }), to.length === 0 || where];
}

interface Cell {
  readonly caller: Caller;
  readonly answer: Answer;
  readonly untold: readonly string[];
}

function isShown(filter: RowFilter, { caller, answer, untold }: Cell): boolean {
  const { withoutMutualTls, crossRegion, unknown, refused } = filter;
  if (!Object.values(filter).includes(true)) return true;
  return (
    (withoutMutualTls === true && answer.mutualTls === false) ||
    (crossRegion === true && leavesRegion(caller, answer)) ||
    (unknown === true && (answer.verdict === "unknown" || untold.length > 0)) ||
    (refused === true && (answer.verdict === "broken" || answer.verdict === "partly"))
  );
}

/** Where both regions are known. */
function leavesRegion({ region: own }: Caller, { to }: Answer): boolean {
  return own !== undefined && to.some(({ region }) => region !== undefined && region !== own);
}
