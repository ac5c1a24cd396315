import { isDeepStrictEqual } from "node:util";
import { keyOf, MeshError, makeProblem, type Problem, say } from "@isthmus/core";
import type { Action, PlanGroup } from "@isthmus/core/plan";
import { applyPlan, type Pacing, pauseAfter, type Target } from "@isthmus/engine";

export interface JobsOptions {
  /** Jobs at a time that write to the same cluster: one that does not answer holds up only those that need it. */
  readonly perCluster: number;
  /** Pauses after failures. */
  readonly pacing: Pacing;
  /**
   * Milliseconds that the watches get to show what was written, before the same would be written again; longer each time, where somebody
   * else undoes it as often.
   */
  readonly toShow: number;
  readonly settle?: number;
  readonly ended: (job: EndedJob) => void;
}

export interface EndedJob {
  readonly group: PlanGroup;
  readonly done: readonly Action[];
  /** What did not go through, first of all what was tried. */
  readonly problems: readonly Problem[];
}

/** What is known of an owner's last job. */
interface Last {
  /** How often in a row it failed, or wrote the same. */
  readonly times: number;
  /** Before then the same is not begun again. */
  readonly until: number;
  readonly problem: Problem | undefined;
  readonly wanted: unknown;
}

/** The groups of plans that are being carried out: of an owner one at a time, and the same again only after a pause. */
export class Jobs {
  readonly #options: JobsOptions;
  readonly #running = new Map<PlanGroup, Promise<void>>();
  readonly #last = new Map<string, Last>();

  constructor(options: JobsOptions) {
    this.#options = options;
  }

  get running(): readonly PlanGroup[] {
    return [...this.#running.keys()];
  }

  /** Whether something is being written for an owner, or was a moment ago, so that the watches may not show it yet. */
  isBusy(owner: string): boolean {
    if (this.running.some(({ owners }) => owners.includes(owner))) return true;
    return (this.#last.get(owner)?.until ?? 0) > performance.now();
  }

  /** Why an owner's last job did not go through, until one does. */
  problemOf(owner: string): Problem | undefined {
    return this.#last.get(owner)?.problem;
  }

  /**
   * Milliseconds until a group that waits may be tried, of those that had to wait at a time (by the monotonic clock); undefined where
   * none has. Whatever else a group waits for ends with an event.
   */
  nextTry(since: number): number | undefined {
    const times = [...this.#last.values()].flatMap(({ until }) => (until > since ? [until - performance.now()] : []));
    return times.length === 0 ? undefined : Math.max(0, Math.min(...times));
  }

  /** Whether a group may begin now. */
  mayStart(group: PlanGroup, targets: ReadonlyMap<string, Target>): boolean {
    const clusters = [...clustersOf(group)];
    if (this.running.some(({ owners }) => owners.some((owner) => group.owners.includes(owner)))) return false;
    const wanted = wantedBy(group);
    const waits = group.owners.some((owner) => {
      const last = this.#last.get(owner);
      return last !== undefined && performance.now() < last.until && isDeepStrictEqual(last.wanted, wanted);
    });
    return !waits && clusters.every((each) => targets.has(each) && this.#runningAt(each) < this.#options.perCluster);
  }

  /** Forgets what is known of owners that have nothing to write any more. */
  settle(groups: readonly PlanGroup[]): void {
    const left = new Set(groups.flatMap(({ owners }) => owners));
    for (const [owner, last] of this.#last) {
      if (left.has(owner)) continue;
      if (last.until > performance.now()) this.#last.set(owner, { ...last, problem: undefined });
      else this.#last.delete(owner);
    }
  }

  start(group: PlanGroup, targets: ReadonlyMap<string, Target>, signal: AbortSignal): void {
    this.#running.set(group, this.#run(group, targets, signal));
  }

  /** Until all have ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #run(group: PlanGroup, targets: ReadonlyMap<string, Target>, signal: AbortSignal): Promise<void> {
    const { settle, ended } = this.#options;
    const done: Action[] = [];
    const problems: Problem[] = [];
    try {
      for await (const event of applyPlan(group.plan, targets, { signal, ...(settle !== undefined && { settle }) })) {
        if (event.type === "done") done.push(event.action);
        else if (event.type === "failed" || event.type === "skipped") problems.push(event.problem);
      }
    } catch (failure) {
      problems.push(failure instanceof MeshError ? failure.problem : unexpected(group, failure));
    }
    this.#running.delete(group);
    this.#note(group, problems[0]);
    ended({ group, done, problems });
  }

  #note(group: PlanGroup, problem: Problem | undefined): void {
    const { pacing, toShow } = this.#options;
    const wanted = wantedBy(group);
    const now = performance.now();
    for (const owner of group.owners) {
      const last = this.#last.get(owner);
      const isAgain =
        last !== undefined && now - last.until < pacing.longestPause && isDeepStrictEqual(last.wanted, wanted);
      const times = isAgain ? last.times + 1 : 1;
      const shown = Math.min(pacing.longestPause, toShow * 2 ** Math.min(times - 1, 20));
      const until = now + (problem === undefined ? shown : pauseAfter(times, pacing));
      this.#last.set(owner, { times, until, problem, wanted });
    }
  }

  #runningAt(cluster: string): number {
    return this.running.filter((group) => clustersOf(group).has(cluster)).length;
  }
}

function unexpected({ owners }: PlanGroup, failure: unknown): Problem {
  const reason = failure instanceof Error ? failure.message : String(failure);
  return makeProblem({
    code: "WRITE_FAILED",
    at: { thing: owners.join(", ") },
    message: say`the writes of ${{ owners }} failed: ${{ reason }}`,
    hint: "It is tried again.",
  });
}

function clustersOf({ plan }: PlanGroup): ReadonlySet<string> {
  return new Set(plan.actions.map(({ cluster }) => cluster));
}

/** What a group is to write. Not over which version: somebody who changes the object as often as we do must not set the pace. */
function wantedBy({ plan }: PlanGroup): unknown {
  return plan.actions.map(({ cluster, verb, ref, desired }) => [cluster, verb, keyOf(ref), desired]);
}
